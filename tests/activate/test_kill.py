"""Processes are killed half-way, and nobody is mailed twice, forgotten, or left without an end."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.activate.company import KEY, Catcher, Company

from helder.activate import advance, enrol
from helder.activate.advance import Advance
from helder.activate.tally import tally
from helder.store.tables.journeys import enrolment, enrolment_step

PEOPLE = 400
KILLS, CONNECTIONS = 5, 3
SENDER = Path(__file__).with_name("send_for_ever.py")


def killed(company: Company, enough: Callable[[], bool]) -> None:
    """Run a sender until ``enough``, then kill it as a power cut would."""
    arguments = [str(company.settings.data), str(company.settings.smtp_port), company.now.isoformat()]
    with subprocess.Popen([sys.executable, str(SENDER), *arguments]) as process:
        give_up = time.monotonic() + 60
        while not enough() and process.poll() is None and time.monotonic() < give_up:
            time.sleep(0.002)
        assert process.poll() is None, "the sender ended by itself"
        process.send_signal(signal.SIGKILL)


@pytest.mark.kill
def test_a_sender_that_is_killed_mails_nobody_twice(company: Company, catcher: Catcher) -> None:
    """After five kills in the middle of sending: no address has two mails, and every enrolment has one end.

    What the server had taken when the sender died is unknown to Helder; the catcher knows, and the two agree: who is
    called sent was mailed, and who is called unknown was mailed at most once.
    """
    company.start()
    company.enter(*(company.person(f"p{number}@example.nl") for number in range(PEOPLE)))
    company.run()
    chance = random.Random(5)
    for _ in range(KILLS):
        wanted = len(catcher.mails) + chance.randint(5, 60)
        killed(company, lambda wanted=wanted: len(catcher.mails) >= wanted)
        company.run(minutes=20)
    killed(company, lambda: not {row["status"] for row in company.messages()} & {"queued", "claimed", "sending"})
    company.run(minutes=20)

    mails = Counter(to for to, _ in catcher.mails)
    assert max(mails.values()) == 1
    counted = tally(company.state, "hello")
    assert counted.audience == counted.ended == PEOPLE
    assert counted.outcomes["sent"] + counted.outcomes["unknown"] == PEOPLE
    assert 0 < counted.outcomes["unknown"] <= KILLS * CONNECTIONS
    sent = {row["address"] for row in company.messages() if row["status"] == "sent"}
    assert sent <= set(mails)
    assert set(mails) - sent <= {row["address"] for row in company.messages() if row["status"] == "unknown"}


class Crash(Exception):
    """The process ends here."""


def test_a_stage_that_dies_between_chunks_goes_on_where_it_was(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage is broken off after every few chunks; in the end everybody has passed every step exactly once."""
    for module in (advance, enrol):
        monkeypatch.setattr(module, "_AT_ONCE", 50)
    people = [company.person(f"p{number}@example.nl", agreed=None) for number in range(300)]
    wait = {"type": "wait", "seconds": 0}
    company.start(step=[wait, {"type": "holdout", "percent": 30}, wait, {"type": "branch", "segment": "other"}])
    company.enter(*people)
    left = 0

    def pause() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash

    for _ in range(100):
        left = 1
        stage = Advance(company.state, company.people, company.matches, KEY, pause=pause)
        try:
            stage.run(company.now)
        except Crash:
            continue
        break
    company.deliver.run(company.now)
    with company.state.read() as connection:
        passed = connection.execute(select(enrolment_step.c.step, func.count()).group_by(enrolment_step.c.step))
        steps = {row[0]: row[1] for row in passed}
        held = connection.scalar(select(func.count()).where(enrolment.c.holdout == 1))
    assert held is not None
    assert steps == {0: 300, 1: 300, 2: 300 - held, 3: 300 - held}
    assert Counter(outcome for outcome, _ in company.outcomes().values()) == {"holdout": held, "skipped": 300 - held}
