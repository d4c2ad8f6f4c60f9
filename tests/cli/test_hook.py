"""``helder hook`` on a terminal."""

from __future__ import annotations

from pathlib import Path

from tests.cli.test_key import helder

ROOT = Path(__file__).resolve().parents[2]
CALL = (
    '{"type": "checkout.session.completed", "id": "e", "data": {"object": {"customer_details": {"email": "a@b.nl"}}}}'
)


def test_the_how_to_works(tmp_path: Path) -> None:
    """What the how-to says can be typed: tried, added, listed, removed; the secret is never shown."""
    page = (ROOT / "docs/how-to/receive-webhooks.md").read_text("utf-8")
    file, call, data = tmp_path / "payments.toml", tmp_path / "call.json", ("--data", str(tmp_path / "data"))
    file.write_text(page.partition("```toml\n")[2].partition("```")[0], "utf-8")
    call.write_text(CALL, "utf-8")
    tried = helder("hook", "try", str(file), str(call))
    assert (tried.returncode, tried.stderr) == (0, "")
    assert tried.stdout.endswith("2 events, 0 rejected\n")
    assert '"name": "Order Completed"' in tried.stdout
    added = helder("hook", "add", str(file), *data)
    assert "/v1/hook/payments are events of shop" in added.stdout
    listed = helder("hook", "list", *data).stdout
    assert "payments  shop    stripe" in listed
    assert not [text for text in (tried.stdout, added.stdout, listed) if "whsec" in text]
    assert helder("hook", "remove", "payments", *data).returncode == 0
    assert helder("hook", "remove", "payments", *data).stderr.endswith("(not-found)\n")


def test_a_wrong_file_is_told_in_one_line(tmp_path: Path) -> None:
    """What would do is said; nothing is a traceback."""
    file = tmp_path / "x.toml"
    file.write_text('hook = "x"', "utf-8")
    answer = helder("hook", "add", str(file), "--data", str(tmp_path))
    assert (answer.returncode, answer.stderr.count("\n")) == (1, 1)
    assert "(bad-hook)" in answer.stderr
