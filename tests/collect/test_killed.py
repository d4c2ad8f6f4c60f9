"""``kill -9`` within the stage receive, at each of its steps: what is left, and what the next run makes of it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from tests.collect.conftest import RECEIVED_AT, Stores, identify

from helder.collect.event import Entry, Event
from helder.collect.inbox import Inbox
from helder.collect.receive import Receive
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table
from helder.store.migrations import upgrade
from helder.store.state import open_state

pytestmark = pytest.mark.kill

POINTS = ("before the write", "within the transaction", "before the commit", "after the commit", "never")

VICTIM = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import helder.collect.receive as receive_module
from helder.collect.inbox import Inbox
from helder.collect.receive import Receive
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.state import open_state
from tests.collect.conftest import identify

folder, point = Path(sys.argv[1]), sys.argv[2]

def killed(*_args):
    os.kill(os.getpid(), signal.SIGKILL)

facts = DuckDbFacts(folder / "facts.duckdb")
receive = Receive(Inbox(folder / "inbox.db"), open_state(folder / "state.db"), facts, identify)
if point == "before the write":
    receive._write = killed
elif point == "within the transaction":
    receive_module.write_persons = killed
elif point == "before the commit":
    receive_module._write_decided = killed
elif point == "after the commit":
    receive._links.add = killed
receive.run(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
print("alive")
"""


def event(name: str, user: str) -> Event:
    moments = {"at": RECEIVED_AT, "received_at": RECEIVED_AT}
    traits = {"email": f"{user}@example.nl"}
    ids = {"user_id": user, "anonymous_id": f"a-{user}"}
    return Event(message_id=name, type="identify", name="", source="site", traits=traits, **ids, **moments)


def contents(facts: DuckDbFacts) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of the tables that receive writes, without the number of the batch."""
    tables = ("event_tail", "identity", "link", "person_record")
    found = {}
    for name in tables:
        rows = facts.read(table(name).drop("batch")).to_pylist()
        found[name] = sorted(tuple(map(str, row.values())) for row in rows)
    return found


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_step_changes_nothing_in_the_end(
    stores: Stores, tmp_path: Path, now: datetime, point: str
) -> None:
    """After the kill and one more run, the facts are those of a run that was never killed."""
    entries = [Entry([event(f"m{number}", str(number % 3)) for number in range(6)]), Entry([event("m0", "0")])]
    stores.inbox.append(entries)
    Receive(stores.inbox, stores.state, stores.facts, identify).run(now)
    unkilled = contents(stores.facts)

    folder = tmp_path / "killed"
    folder.mkdir()
    state = open_state(folder / "state.db")
    upgrade(state)
    inbox = Inbox(folder / "inbox.db")
    inbox.append(entries)
    command = [sys.executable, "-c", VICTIM, str(folder), point]
    victim = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (victim.returncode, victim.stdout) == ((0, "alive\n") if point == "never" else (-9, "")), victim.stderr

    facts = DuckDbFacts(folder / "facts.duckdb")
    committed = point in {"after the commit", "never"}
    assert (contents(facts) == unkilled) == committed
    moved = Receive(inbox, state, facts, identify).run(now)
    assert moved == (0 if committed else 7)
    assert contents(facts) == unkilled
    facts.close()
    inbox.close()
    state.close()
