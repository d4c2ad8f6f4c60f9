"""All that an installation holds, in an order and under names that two runs have in common.

What is left out is of a run and not of what came in: numbers that are given in the order of arrival (batches, rows of
the outbox and what is derived from them), and moments at which Helder itself did something.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import select

from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import SCHEMAS, table
from helder.store.projections.file import ProjectionFile
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import open_state
from helder.store.tables.journeys import enrolment, enrolment_step
from helder.store.tables.outbox import outbox

Contents = dict[str, Counter[str]]
"""Table → its rows, each with how often it is there."""

_TOLD = ("message_id", "at", "received_at", "original_at")
"""Of what Helder's channels tell: the id comes from the number in the outbox, the moments from the sending."""


def contents(data: Path) -> Contents:
    """Return everything that the data folder holds; no process may work in it."""
    found = _facts(data)
    for name, file in (("hot", Hot(data / "hot.db")), ("online", Online(data / "online.db"))):
        found |= _projection(name, file)
        file.close()
    return found | _state(data)


def messages(data: Path) -> list[dict[str, Any]]:
    """Return the rows of the outbox."""
    state = open_state(data / "state.db")
    with state.read() as connection:
        rows = [dict(row) for row in connection.execute(select(outbox)).mappings()]
    state.close()
    return rows


def _facts(data: Path) -> Contents:
    facts = DuckDbFacts(data / "facts.duckdb")
    found: Contents = {}
    for name in sorted({*SCHEMAS, "every_event"} - {"event", "event_tail", "watermark"}):
        rows = facts.read(table(name)).to_pylist()
        numbered = {"number"} if name == "rejected" else set[str]()  # made of the batch
        found[f"facts.{name}"] = _counted([{key: row[key] for key in row if key not in numbered} for row in rows])
    facts.close()
    # A refusal has no id that all have; a client that lost the answer sends it again, and it is told again.
    found["facts.rejected"] = Counter(dict.fromkeys(found["facts.rejected"], 1))
    return found


def _projection(name: str, file: ProjectionFile) -> Contents:
    found = {}
    with file._connections.reading() as connection:
        for layout in file.layouts.values():
            newest: dict[tuple[Any, ...], dict[str, Any]] = {}
            for each in layout.tables:
                cursor = connection.execute(f'SELECT * FROM "{each}"')
                names = [column[0] for column in cursor.description]
                for row in (dict(zip(names, values, strict=True)) for values in cursor):
                    key = tuple(row[column] for column in layout.key)
                    if key not in newest or newest[key]["batch"] <= row["batch"]:
                        newest[key] = row
            found[f"{name}.{layout.table}"] = _counted(list(newest.values()))
        if name == "online":
            for own in ("member", "member_change"):
                cursor = connection.execute(f"SELECT * FROM {own}")
                names = [each[0] for each in cursor.description]
                rows = [dict(zip(names, row, strict=True)) for row in cursor]
                found[f"online.{own}"] = _counted([{key: row[key] for key in row if key != "seq"} for row in rows])
    return found


def _state(data: Path) -> Contents:
    """Return enrolments and messages under the identity that they are of."""
    state = open_state(data / "state.db")
    with state.read() as connection:
        people = {row.id: row.identity_id for row in connection.execute(select(enrolment))}
        enrolled = connection.execute(select(enrolment)).mappings().all()
        steps = connection.execute(select(enrolment_step)).mappings().all()
        mails = connection.execute(select(outbox)).mappings().all()
    state.close()
    left = {"id", "ended_at", "claimed_by", "claimed_at", "attempts", "sent_at", "message_id", "due_at"}
    left |= {"letterhead_id", "made_at"}
    return {
        "state.enrolment": _counted([{key: row[key] for key in row if key not in left} for row in enrolled]),
        "state.enrolment_step": _counted([{**row, "enrolment_id": people[row["enrolment_id"]]} for row in steps]),
        "state.outbox": _counted(
            [
                {**{key: row[key] for key in row if key not in left}, "enrolment_id": people[row["enrolment_id"]]}
                for row in mails
            ]
        ),
    }


def _counted(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(str(sorted(_plain(row).items())) for row in rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without what is of its run."""
    kept = {key: value for key, value in row.items() if key != "batch"}
    if "until_batch" in kept:
        kept["until_batch"] = kept["until_batch"] is not None
    if kept.get("source") == "helder" and "message_id" in kept:
        told = json.loads(kept["properties"])
        del told["email_id"]
        kept = {key: value for key, value in kept.items() if key not in _TOLD} | {"properties": str(told)}
    return kept
