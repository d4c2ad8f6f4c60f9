"""A mail server that is gone for an hour."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec
from tests.activate.channels.email.test_sender import mail_to, run_for, statuses
from tests.activate.company import Catcher, Company


def test_mails_wait_for_a_server_that_is_gone_for_an_hour(company: Company, catcher: Catcher) -> None:
    """Some were sent before; the others cost no attempt while it is gone, and go out once when it is back."""
    mail_to(company, *(f"p{number}@example.nl" for number in range(30)))
    run_for(company, 0.1)
    port = company.settings.smtp_port
    company.settings = msgspec.structs.replace(company.settings, smtp_port=1)
    for _ in range(12):
        run_for(company, 0.1)
        company.run(minutes=5)
    assert set(statuses(company)) <= {"sent", "queued"}
    assert {row["attempts"] for row in company.messages() if row["status"] == "queued"} <= {0, 1}
    company.settings = msgspec.structs.replace(company.settings, smtp_port=port)
    asyncio.run(company.sender().drain())
    company.run()
    mails = Counter(to for to, _ in catcher.mails)
    assert (len(mails), set(mails.values())) == (30, {1})
    assert set(company.outcomes().values()) == {("sent", "")}
