"""A facts engine that is short of memory takes a backlog in smaller pieces."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.collect.conftest import RECEIVED_AT, Stores, identify

from helder.collect.event import Entry, Event
from helder.collect.receive import Receive
from helder.errors import Unavailable
from helder.store.facts.duckdb.batch import DuckDbBatch
from helder.store.facts.schema import table

ROOM = 3_000
"""Rows that the engine has memory for."""


def test_a_backlog_that_does_not_fit_is_taken_in_pieces(
    stores: Stores, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails, saying so, until the pieces fit; then all of it is taken in, each event once."""
    moments = {"at": RECEIVED_AT, "received_at": RECEIVED_AT}
    stores.inbox.append(
        [
            Entry([Event(message_id=f"m{number}", type="track", name="E", source="site", user_id="u", **moments)])
            for number in range(10_000)
        ]
    )
    append, failures = DuckDbBatch.append, 0

    def bounded(self: DuckDbBatch, name: str, rows: Any) -> None:
        if rows.num_rows > ROOM:
            raise Unavailable("The facts engine ran out of memory")
        append(self, name, rows)

    monkeypatch.setattr(DuckDbBatch, "append", bounded)
    receive = Receive(stores.inbox, stores.state, stores.facts, identify)
    for _ in range(40):
        try:
            if not receive.run(now):
                break
        except Unavailable:
            failures += 1
    found = stores.facts.read(table("every_event").select("message_id")).column("message_id").to_pylist()
    assert (len(found), len(set(found))) == (10_000, 10_000)
    assert failures > 2


def test_the_engine_says_that_its_memory_is_full_and_goes_on(stores: Stores) -> None:
    """A question that needs more than the limit is answered with why not; the next one is answered."""
    stores.facts.close()
    facts = type(stores.facts)(stores.folder / "small.duckdb", "20MB", 1)
    too_much = "SELECT list(repeat('x', 100) || a) AS n FROM range(2000000) AS t(a)"
    with facts.reader() as reader, pytest.raises(Unavailable, match="memory"):
        reader.sql(too_much)
    assert facts.usable()
    with facts.write() as batch:
        batch.move("receive", 7)
    assert facts.watermark("receive") == 7
    facts.close()
    stores.facts = type(stores.facts)(stores.folder / "facts.duckdb")
