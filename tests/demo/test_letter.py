from __future__ import annotations

from pathlib import Path

from helder.demo.letter import landing_of, read


def test_a_letter_is_read_as_a_mail_program_does(tmp_path: Path, mail_text: str) -> None:
    """Links of the text once each and without the way out, the invisible picture, and the one-click way out."""
    (tmp_path / "1.eml").write_text(mail_text, encoding="utf-8")
    letter = read(tmp_path / "1.eml")
    assert letter.subject == "Eén plek"
    assert letter.links == ("/c/1?a=b&c=d",)
    assert (letter.pixel, letter.unsubscribe, letter.one_click) == ("/o/1.gif", "/u/abc?x=1", True)


def test_a_plain_mail_has_no_links(tmp_path: Path) -> None:
    """Without an HTML part there is nothing to click."""
    (tmp_path / "1.eml").write_text("Subject: x\n\nhttp://127.0.0.1/c/1\n")
    letter = read(tmp_path / "1.eml")
    assert (letter.links, letter.pixel, letter.unsubscribe, letter.one_click) == ((), "", "", False)


def test_only_the_publishers_sites_are_landings() -> None:
    """A link that leads elsewhere is no click on the workshop."""
    assert landing_of("https://tuin.lentehof.example/workshops?hld=x")
    assert not landing_of("https://evil.example/tuin.lentehof.example")
    assert not landing_of("")
