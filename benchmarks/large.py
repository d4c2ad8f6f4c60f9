"""A large company to measure on: 1,000,000 people, 3,000,000 identities, 50,000,000 events, an ERP of 3,000,000 orders.

    from large import open_large
    company = open_large()            # made when it is not there yet (a quarter of an hour), then kept
    company = open_large(small=True)  # 20,000 people and 1,000,000 events, in seconds: for tests
    facts, hot, online = company.facts(), company.hot(), company.online()
    company.erp                     # SQLite; company.erp_mapping is its mapping file (live source ``erp``)
    company.now                     # the moment (aware UTC) that all of it leads up to: use it as ``now``

Everything is written straight to the stores, not over HTTP, and follows from row numbers through hashes: the same on
every machine. Watermarks of all stages stand at the last batch. Whoever writes to it (a benchmark of refresh) takes it
back.

What lies in it (of 1M people; ``large_sql/`` says it exactly):

* identities: an e-mail address, a number in the ERP, and a number in the shop (every second person) or an anonymous id.
* events over a year, more of them lately, 5,000 on the busiest: page views, searches, views; 300,000 times
  "Workshop Registration Started" (a fifth in the last 14 days), 65% of them followed by "… Completed", mostly within 24
  hours; 1.5M times "Email Sent" (a tenth of the people in the last 7 days).
* consents for *events* by e-mail: 55% yes, 10% yes and later no, 10% no, 25% never asked; others for the newsletters.
* complaints: 4% of the people, an eighth of them open. Orders: 3 a person; subscriptions: 60% of the people.
* ERP: three workshop orders a person, of which some 2% for this autumn.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.keys import identity_id
from helder.store.project import Project
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online

VERSION = 1
"""Grows when what is generated changes: what was kept is then made again."""
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
KEY = b"a key for benchmarks, not secret"
SQL = Path(__file__).resolve().parent / "large_sql"
CHUNK = 1_000_000
STAGES = ("_batch", "receive", "resolve", "project", "refresh")
TABLES = ("identity", "identity_profile", "link", "profile", "orders", "subscription", "consent", "ticket")


class Large(msgspec.Struct, frozen=True, kw_only=True):
    """The company, as files."""

    folder: Path
    people: int
    events: int
    now: datetime = NOW
    key: bytes = KEY

    @property
    def erp(self) -> Path:
        """The ERP's SQLite database (tables customers and workshop_orders)."""
        return self.folder / "erp.db"

    @property
    def erp_mapping(self) -> Path:
        """The mapping file of the ERP."""
        return self.folder / "erp.toml"

    def facts(self, memory_limit: str = "4GB", threads: int = 2) -> DuckDbFacts:
        """Open the facts; close them before another process may."""
        return DuckDbFacts(self.folder / "facts.duckdb", memory_limit, threads)

    def hot(self) -> Hot:
        """Open ``hot``."""
        return Hot(self.folder / "hot.db")

    def online(self) -> Online:
        """Open ``online``."""
        return Online(self.folder / "online.db")


def open_large(*, small: bool = False, folder: Path | None = None) -> Large:
    """Return the company, made first when it is not there.

    Args:
        small: 20,000 people instead of a million.
        folder: where it is kept; by default in ``$HELDER_BENCH_DATA``, else in the user's cache.
    """
    root = folder or Path(os.environ.get("HELDER_BENCH_DATA", "~/.cache/helder-bench")).expanduser()
    people = 20_000 if small else 1_000_000
    company = Large(folder=root / f"{'small' if small else 'large'}-{VERSION}", people=people, events=people * 50)
    if not (company.folder / "done").exists():
        make(company)
    return company


def make(company: Large) -> None:
    """Make all files of the company anew; the file ``done`` comes last."""
    shutil.rmtree(company.folder, ignore_errors=True)
    company.folder.mkdir(parents=True)
    for step in (make_facts, make_projections, make_erp):
        start = time.perf_counter()
        step(company)
        say(f"{step.__name__}: {time.perf_counter() - start:.0f} s")
    (company.folder / "done").touch()


def make_facts(company: Large) -> None:
    """Write the facts: events in order of time, chunk by chunk, each chunk a batch."""
    company.facts().close()
    connection = duckdb.connect(str(company.folder / "facts.duckdb"), config={"memory_limit": "4GB", "threads": 2})
    connection.execute("SET preserve_insertion_order = false")
    connection.register("person_ids", people(company))
    connection.execute("CREATE TEMP TABLE person AS SELECT * FROM person_ids")
    now = int(company.now.timestamp() * 1_000_000)
    for table in TABLES:
        connection.execute(text(table), given(text(table), {"now": now}))
    for number, begin in enumerate(range(0, company.events, CHUNK), 2):
        end = min(begin + CHUNK, company.events)
        values = {"now": now, "begin": begin, "end": end, "events": company.events, "people": company.people}
        connection.execute(text("event"), given(text("event"), {**values, "batch": number}))
    finish(connection, now)
    connection.close()


def finish(connection: duckdb.DuckDBPyConnection, now: int) -> None:
    """Let a part of the registrations be finished, and set every watermark to the last batch."""
    (last,) = connection.execute("SELECT max(batch) + 1 FROM event").fetchall()[0]
    connection.execute(text("finished"), {"now": now, "batch": last})
    connection.executemany("INSERT INTO watermark VALUES (?, ?)", [(stage, last) for stage in STAGES])
    connection.execute("CHECKPOINT")


def make_projections(company: Large) -> None:
    """Fill ``hot`` and ``online`` the way the product does."""
    facts, hot, online = company.facts(), company.hot(), company.online()
    Project(facts, hot, online).run(company.now)
    with online.write() as writer:
        writer.move("refresh", facts.last_batch())
    for each in (facts, hot, online):
        each.close()


def make_erp(company: Large) -> None:
    """Write the ERP: customers and three workshop orders each, with the indexes that such a table has."""
    connection = sqlite3.connect(company.erp)
    connection.executescript("PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
    connection.executescript(text("erp_tables"))
    source = duckdb.connect()
    for table, width in (("customers", 6), ("workshop_orders", 8)):
        values = {"people": company.people, "now": int(company.now.timestamp() * 1_000_000)}
        rows = source.execute(text(f"erp_{table}"), given(text(f"erp_{table}"), values))
        marks = ", ".join("?" * width)
        while chunk := rows.fetchmany(100_000):
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", chunk)
    connection.commit()
    connection.executescript(text("erp_indexes"))
    connection.close()
    shutil.copy(SQL / "erp.toml", company.erp_mapping)


def people(company: Large) -> pa.Table:
    """Return (p, email, email_id, erp, erp_id, web_kind, web, web_id) of every person."""
    numbers = range(company.people)
    email = [f"p{number}@example.org" for number in numbers]
    erp = [f"E{number:07}" for number in numbers]
    kinds = ["anonymous:site-tuin" if number % 2 else "customer:shop" for number in numbers]
    web = [f"anon-{number:07}" if number % 2 else f"S{number:07}" for number in numbers]
    return pa.table(
        {
            "p": pa.array(numbers, pa.int64()),
            "email": email,
            "email_id": ids(("email" for _ in numbers), email),
            "erp": erp,
            "erp_id": ids(("customer:erp" for _ in numbers), erp),
            "web_kind": kinds,
            "web": web,
            "web_id": ids(iter(kinds), web),
        }
    )


def ids(kinds: Iterator[str], values: list[str]) -> pa.Array:
    """Return the identity ids of ``values``, as the product makes them."""
    make_id: Callable[[str, str], int] = lambda kind, value: identity_id(kind, value, KEY)  # noqa: E731 - a name for map
    return pa.array(map(make_id, kinds, values), pa.int64(), size=len(values))


def text(name: str) -> str:
    """Return a statement of ``large_sql``."""
    return (SQL / f"{name}.sql").read_text("utf-8")


def given(statement: str, values: dict[str, int]) -> dict[str, int]:
    """Return those values that a statement asks for."""
    return {name: value for name, value in values.items() if f"${name}" in statement}


def say(message: str) -> None:
    """Tell the person who waits."""
    print(f"    {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    made = open_large(small="--small" in sys.argv)
    print(made.folder)
