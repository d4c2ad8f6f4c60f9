"""``kill -9`` at random moments in every stage, at the front door and in the sender: nothing lost, nobody mailed twice.

``HELDER_KILLS`` says how often each place is met (``make kill`` does so twelve times and more), ``HELDER_KILL_SEED``
with which seed.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.whole.killing.checks import every_event_is_there_once, nobody_is_mailed_twice
from tests.whole.killing.company import Load
from tests.whole.killing.contents import Contents, contents
from tests.whole.killing.installation import Installation, Post

pytestmark = [pytest.mark.kill, pytest.mark.timeout(1800)]

MOMENT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TIMES = int(os.environ.get("HELDER_KILLS", "3"))
SEED = int(os.environ.get("HELDER_KILL_SEED", "0")) or secrets.randbelow(1_000_000)
PLACES = {
    "worker": ("receive", "resolve", "project", "refresh", "advance", "deliver", "upkeep"),
    "web": ("collect",),
    "sender": ("send",),
}


class Killer(threading.Thread):
    """Kills one role again and again, at each of its places equally often, and starts it again each time."""

    def __init__(self, installation: Installation, role: str, chance: random.Random) -> None:
        super().__init__(name=f"killer of the {role}", daemon=True)
        self._installation, self._role, self._chance = installation, role, chance
        self.kills: Counter[str] = Counter()
        self.connections = 0
        """SMTP connections that were open at the kills, in all."""
        self.failure: BaseException | None = None

    def run(self) -> None:
        plan = list(PLACES[self._role]) * TIMES
        self._chance.shuffle(plan)
        try:
            for place in plan:
                self.connections += self._installation.kill(self._role, place, self._chance)
                self.kills[place] += 1
                self._installation.start(self._role)
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            self.failure = error


def test_kills_anywhere_lose_nothing_and_mail_nobody_twice(tmp_path: Path) -> None:
    """After kills at every place: every event once, no mail twice, few unknown, tables as if nobody had been killed."""
    sys.stdout.write(f"HELDER_KILL_SEED={SEED}\n")
    post, plain_post = Post(tmp_path / "mails"), Post(tmp_path / "plain-mails")
    try:
        killers, load = _killed_run(tmp_path / "killed", post)
        _plain_run(tmp_path / "plain", plain_post, tmp_path / "killed", load.visitors)
    finally:
        post.close()
        plain_post.close()
    kills = sum((killer.kills for killer in killers), Counter())
    sys.stdout.write(f"{sum(kills.values())} kills {dict(kills)}, {load.visitors} visitors, {load.retries} retries\n")
    assert kills == {place: TIMES for places in PLACES.values() for place in places}

    data, plain = tmp_path / "killed" / "helder", tmp_path / "plain" / "helder"
    assert len(load.accepted) > 50 * TIMES
    every_event_is_there_once(data, load)
    unknown = nobody_is_mailed_twice(data, post)
    assert unknown <= sum(killer.connections for killer in killers)
    _tables_are_equal(contents(data), contents(plain), unknown)


def _killed_run(folder: Path, post: Post) -> tuple[list[Killer], Load]:
    """Kill processes while visitors come; then let everything come to rest."""
    chance = random.Random(SEED)
    with Installation(folder, post, MOMENT) as installation:
        installation.set_up()
        load = Load(installation.port, pause=0.02)
        killers = [Killer(installation, role, random.Random(chance.random())) for role in PLACES]
        for thread in (load, *killers):
            thread.start()
        for killer in killers:
            killer.join()
            if killer.failure is not None:
                raise killer.failure
        load.finish()
        installation.come_to_rest()
        for role in ("web", "worker", "sender"):
            installation.stop(role)
    return killers, load


def _plain_run(folder: Path, post: Post, like: Path, visitors: int) -> None:
    """Have the same visitors come to a Helder that nobody touches, with the same secret."""
    with_same = folder / "helder"
    with_same.mkdir(parents=True)
    (with_same / "secret.key").write_bytes((like / "helder" / "secret.key").read_bytes())
    with Installation(folder, post, MOMENT) as installation:
        installation.set_up()
        load = Load(installation.port, visitors, connections=24)
        load.start()
        load.join()
        load.finish()
        assert load.visitors == visitors
        installation.come_to_rest()
        for role in ("web", "worker", "sender"):
            installation.stop(role)


def _tables_are_equal(killed: Contents, plain: Contents, unknown: int) -> None:
    """Every table is that of the run that was not killed, but for what is unknown of as many people."""
    assert killed.keys() == plain.keys()
    of_mails = {"facts.every_event", "hot.event", "state.outbox", "state.enrolment"}
    for name in sorted(killed.keys() - of_mails):
        assert killed[name] == plain[name], f"{name}: {_difference(killed[name], plain[name])}"
    for name in ("state.outbox", "state.enrolment"):
        rows = Counter(row.replace("'unknown'", "'sent'").replace(_WHY, "''") for row in killed[name].elements())
        assert rows == plain[name], f"{name}: {_difference(rows, plain[name])}"
        assert (killed[name] - plain[name]).total() == unknown
    for name in ("facts.every_event", "hot.event"):
        assert killed[name] <= plain[name], f"{name}: {_difference(killed[name], plain[name])}"
        missing = plain[name] - killed[name]
        assert missing.total() == unknown
        assert all("Email Sent" in row for row in missing)


_WHY = "'the sender stopped while it was being sent'"


def _difference(one: Counter[str], other: Counter[str]) -> str:
    return f"only here {list((one - other).elements())[:3]}, only there {list((other - one).elements())[:3]}"
