from __future__ import annotations

import smtplib
import time
from pathlib import Path

import pytest

from helder.demo.catcher import Behaviour, Catcher, caught, refused


def test_a_mail_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    """Lines that begin with a dot, and letters beyond ASCII, come out as they went in."""
    text = "Subject: Één\r\n\r\n.\r\n..two\r\nlast é\r\n".encode()
    with Catcher(tmp_path) as catcher, smtplib.SMTP(catcher.host, catcher.port) as smtp:
        smtp.sendmail(
            "from@lentehof.example", ["jan@webmail.example"], text, mail_options=["SMTPUTF8", "BODY=8BITMIME"]
        )
    (mail,) = caught(tmp_path)
    assert (mail.sender, mail.recipient) == ("from@lentehof.example", "jan@webmail.example")
    assert (tmp_path / mail.file).read_bytes() == text


def test_many_mails_over_one_connection_are_all_kept(tmp_path: Path) -> None:
    """Each recipient has a file of their own, in order of arrival, found while the server still runs."""
    with Catcher(tmp_path) as catcher, smtplib.SMTP(catcher.host, catcher.port) as smtp:
        for n in range(50):
            smtp.sendmail("a@x.example", [f"p{n}@x.example", f"q{n}@x.example"], f"Subject: {n}\r\n\r\nhi\r\n")
        smtp.rset()
        assert len(caught(tmp_path)) == catcher.caught == 100
    assert [each.recipient for each in caught(tmp_path)[:3]] == ["p0@x.example", "q0@x.example", "p1@x.example"]


def test_a_share_of_recipients_is_refused_and_always_the_same(tmp_path: Path) -> None:
    """Refused recipients get 550, are noted, and are refused again."""
    everyone = [f"p{n}@x.example" for n in range(200)]
    with (
        Catcher(tmp_path, behaviour=Behaviour(refuse=0.5)) as catcher,
        smtplib.SMTP(catcher.host, catcher.port) as smtp,
    ):
        first = set(smtp.sendmail("a@x.example", everyone, "Subject: x\r\n\r\nhi\r\n"))
        second = set(smtp.sendmail("a@x.example", everyone, "Subject: x\r\n\r\nhi\r\n"))
    assert first == second == {each.recipient for each in refused(tmp_path)}
    assert 60 < len(first) < 140


def test_busy_recipients_are_taken_the_second_time(tmp_path: Path) -> None:
    """A temporary refusal ends when the sender comes back."""
    with Catcher(tmp_path, behaviour=Behaviour(busy=1.0)) as catcher, smtplib.SMTP(catcher.host, catcher.port) as smtp:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            smtp.sendmail("a@x.example", ["p@x.example"], "Subject: x\r\n\r\nhi\r\n")
        assert refusal.value.recipients["p@x.example"][0] == 451
        assert smtp.sendmail("a@x.example", ["p@x.example"], "Subject: x\r\n\r\nhi\r\n") == {}


def test_a_slow_server_is_slow(tmp_path: Path) -> None:
    """The delay comes before the mail is taken."""
    with Catcher(tmp_path, behaviour=Behaviour(delay=0.2)) as catcher, smtplib.SMTP(catcher.host, catcher.port) as smtp:
        start = time.monotonic()
        smtp.sendmail("a@x.example", ["p@x.example"], "Subject: x\r\n\r\nhi\r\n")
        assert time.monotonic() - start >= 0.2


def test_an_unknown_command_and_an_empty_mail_are_answered(tmp_path: Path) -> None:
    """What the server does not speak it says so, and data without recipients is refused."""
    with Catcher(tmp_path) as catcher, smtplib.SMTP(catcher.host, catcher.port) as smtp:
        assert smtp.docmd("VRFY", "x")[0] == 502
        smtp.ehlo()
        smtp.mail("a@x.example")
        assert smtp.docmd("DATA")[0] == 554
    assert caught(tmp_path) == []
