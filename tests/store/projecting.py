"""Facts and their projections, with the things that happen to them: what the tests of projecting share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from helder.clock import stored
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table
from helder.store.project import Project
from helder.store.projections.file import ProjectionFile
from helder.store.projections.hot import Hot
from helder.store.projections.layout import HOT, ONLINE
from helder.store.projections.online import Online

PEOPLE = range(1, 9)
LAYOUTS = HOT | ONLINE


class Crash(Exception):
    """The process ends here."""


class Company:
    """Facts and their projections, with the things that happen to them."""

    def __init__(self, folder: Path) -> None:
        self.facts = DuckDbFacts(":memory:", memory_limit="500MB", threads=1)
        self.hot, self.online = Hot(folder / "hot.db"), Online(folder / "online.db")
        self.project = Project(self.facts, self.hot, self.online)
        self.made = 0

    def close(self) -> None:
        for each in (self.facts, self.hot, self.online):
            each.close()

    def number(self) -> int:
        self.made += 1
        return self.made

    def event(self, person: int) -> None:
        rows = {"message_id": f"m{self.number()}", "identity_id": person, "name": "Page Viewed", "at": at(self.made)}
        with self.facts.write() as batch:
            batch.append("event_tail", pa.Table.from_pylist([rows], EVENT))

    def consent(self, person: int) -> None:
        rows = [{"identity_id": person, "purpose": "events", "choice": "yes", "at": at(self.number()), "title": None}]
        with self.facts.write() as batch:
            batch.append("consent", pa.Table.from_pylist(rows, CONSENT))

    def identity(self, person: int) -> None:
        """An identity that is noted once more: the newest note holds."""
        row = {"identity_id": person, "kind": "email", "value": f"v{self.number()}"}
        with self.facts.write() as batch:
            batch.append("identity", pa.Table.from_pylist([row], IDENTITY))

    def order(self, person: int, key: int, *, dated: bool) -> None:
        """A new version of a record; it may now be another person's, or have lost its date."""
        row = {
            "source": "shop",
            "record_key": f"o{key}",
            "identity_id": person or None,
            "at": at(key * 1000 + self.number() % 2) if dated else None,
            "amount_micros": self.made,
        }
        rows = pa.Table.from_pylist([row], ORDER)
        with self.facts.write() as batch:
            batch.supersede("orders", rows.select(["source", "record_key"]))
            batch.append("orders", rows)

    def regroup(self, people: set[int], profile: int) -> None:
        """Those identities now stand under that profile; profiles without any are gone."""
        before = {
            row["identity_id"]: row["profile_id"] for row in self.facts.read(table("identity_profile")).to_pylist()
        }
        after = {**before, **dict.fromkeys(people, profile)}
        touched = {profile, *(before[person] for person in people if person in before)}
        with self.facts.write() as batch:
            batch.delete("identity_profile", "identity_id", pa.array(list(people), pa.int64()))
            batch.append("identity_profile", pairs(dict.fromkeys(people, profile)))
            batch.delete("profile", "profile_id", pa.array(list(touched), pa.int64()))
            left = [
                {"profile_id": each, "first_name": f"n{self.number()}"} for each in touched if each in after.values()
            ]
            batch.append("profile", pa.Table.from_pylist(left, PROFILE))

    def maintain(self) -> None:
        self.facts.maintain()

    def run(self, now: datetime) -> None:
        self.project.run(now)

    def crash(self, now: datetime, transactions: int) -> None:
        """Run, and fail in the transaction of that number."""
        for file in (self.hot, self.online):
            with failing(file, transactions):
                try:
                    self.project.run(now)
                except Crash:
                    continue

    def replay(self, now: datetime, position: int) -> None:
        """Run again from an earlier watermark."""
        for file in (self.hot, self.online):
            with file.write() as writer:
                writer.move("project", min(position, file.watermark("project")))
        self.project.run(now)


MOMENT = pa.timestamp("us")
EVENT = pa.schema({"message_id": pa.string(), "identity_id": pa.int64(), "name": pa.string(), "at": MOMENT})
CONSENT = pa.schema(
    {"identity_id": pa.int64(), "purpose": pa.string(), "choice": pa.string(), "at": MOMENT, "title": pa.string()}
)
IDENTITY = pa.schema({"identity_id": pa.int64(), "kind": pa.string(), "value": pa.string()})
ORDER = pa.schema(
    {
        "source": pa.string(),
        "record_key": pa.string(),
        "identity_id": pa.int64(),
        "at": MOMENT,
        "amount_micros": pa.int64(),
    }
)
PROFILE = pa.schema({"profile_id": pa.int64(), "first_name": pa.string()})


def at(number: int) -> datetime:
    return stored(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=number))


def pairs(profiles: dict[int, int]) -> pa.Table:
    ids = pa.array(list(profiles), pa.int64()), pa.array(list(profiles.values()), pa.int64())
    return pa.table(dict(zip(("identity_id", "profile_id"), ids, strict=True)))


@contextmanager
def failing(file: ProjectionFile, transactions: int) -> Iterator[None]:
    """Let the transaction of that number fail at its very end."""
    write, begun = file.write, [0]

    @contextmanager
    def counted() -> Iterator[Any]:
        with write() as writer:
            yield writer
            begun[0] += 1
            if begun[0] == transactions:
                raise Crash

    file.write = counted
    try:
        yield
    finally:
        del file.write


def copies(company: Company) -> dict[str, list[dict[str, Any]]]:
    """Return all that the projections hold."""
    everyone = list(PEOPLE)
    found = {name: company.hot.rows(name, everyone) for name in HOT}
    found |= {name: company.online.rows(name, everyone) for name in ONLINE}
    return {name: ordered(rows.to_pylist()) for name, rows in found.items()}


def originals(company: Company) -> dict[str, list[dict[str, Any]]]:
    """Return what the facts say should be there."""
    names = {name: layout.read_from for name, layout in LAYOUTS.items()}
    rows = {name: company.facts.read(table(source)).to_pylist() for name, source in names.items()}
    rows["identity"] = list({row["identity_id"]: row for row in sorted(rows["identity"], key=BATCH)}.values())
    return {
        name: ordered(
            [
                {column: row[column] for column in LAYOUTS[name].columns}
                for row in found
                if row.get("until_batch") is None and row[LAYOUTS[name].key[0]]
            ]
        )
        for name, found in rows.items()
    }


BATCH: Callable[[dict[str, Any]], int] = itemgetter("batch")


def ordered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=repr)
