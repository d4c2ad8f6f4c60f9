"""Mails as they were sent, against those that a real mail server got."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest
from tests.activate.company import KEY, TEMPLATE, Catcher, Company, serve

from helder.activate.definitions import save_template
from helder.measure.samples import NOBODYS, Sample, sample, samples


class Sent(msgspec.Struct):
    """A company that mailed a dozen people, and the server that took the mails."""

    company: Company
    catcher: Catcher


@pytest.fixture
def sent(tmp_path: Path, now: datetime) -> Iterator[Sent]:
    catcher = Catcher()
    controller = serve(catcher)
    company = Company(tmp_path, now, smtp_port=controller.port)
    people = [company.person(f"p{number}@example.nl") for number in range(12)]
    company.start()
    company.enter(*people)
    company.run()
    asyncio.run(company.sender().drain())
    yield Sent(company, catcher)
    company.close()
    controller.stop()


def test_samples_are_the_mails_that_were_sent(sent: Sent) -> None:
    """What is shown as sent is, letter for letter, what the mail server got."""
    shown = samples(sent.company.state, sent.company.settings, KEY, "hello", 5)
    got = dict(sent.catcher.mails)
    assert len(shown) == 5
    for each in shown:
        mail = got[each.to]
        body = mail.get_body(("html",))
        assert body is not None
        assert (each.subject, each.html) == (mail["Subject"], body.get_content().replace("\r\n", "\n").rstrip("\n"))


def test_a_mail_is_shown_as_it_was_sent_whatever_changed_since(sent: Sent) -> None:
    """The company moves and gets another name, address and template: a mail of before stays what it was."""
    company = sent.company
    changed = msgspec.structs.replace(
        company.settings,
        company="Lentehof & Dochters",
        postal_address="Nieuwstraat 1, Utrecht",
        public_url="https://post.example",
        sender="Dochters <d@lentehof.example>",
        time_zone="America/New_York",
    )
    save_template(company.state, msgspec.structs.replace(TEMPLATE, subject="Heel anders"), company.now)
    got = dict(sent.catcher.mails)
    shown = samples(company.state, changed, KEY, "hello", 100)
    assert len(shown) == len(got) > 10
    for each in shown:
        assert _whole(each) == _received(got[each.to])


def test_mails_that_are_shown_hold_no_link_that_works(sent: Sent) -> None:
    """Only the signatures differ from what was sent, and none of those shown is one of ours."""
    company = sent.company
    shown = sample(company.state, company.settings, NOBODYS, 1)
    real = sample(company.state, company.settings, KEY, 1)
    signed = re.compile(r"/t/([cou])/([0-9a-z]+\.[0-9a-z]+\.)([\w-]+)")
    assert signed.sub(r"/t/\1/\2", shown.html) == signed.sub(r"/t/\1/\2", real.html)
    assert {kind for kind, _, _ in signed.findall(shown.html)} == {"c", "o", "u"}
    assert not {mac for *_, mac in signed.findall(shown.html)} & {mac for *_, mac in signed.findall(real.html)}
    assert not any(mac in shown.text for *_, mac in signed.findall(real.text))


def _whole(shown: Sample) -> tuple[str, str, str, str]:
    return (shown.sender, shown.subject, shown.html.rstrip("\n"), shown.text.rstrip("\n"))


def _received(mail: EmailMessage) -> tuple[str, str, str, str]:
    bodies = [mail.get_body((kind,)) for kind in ("html", "plain")]
    html, text = ("" if each is None else each.get_content().replace("\r\n", "\n").rstrip("\n") for each in bodies)
    return (mail["From"], mail["Subject"], html, text)
