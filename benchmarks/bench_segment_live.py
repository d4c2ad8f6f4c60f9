"""The live leaf over an ERP of 3,000,000 rows: asked about everyone, and about a thousand people.

The leaf: *no workshop order for this autumn that was not cancelled*. Ours is timed whole: finding the object at the
source, compiling, asking, and turning keys into profiles. Beside it the same walk with SQL written by hand for that
source in the place of the compiled expression: what is compared is the compiling and the wrapping, nothing else.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
from ibis.expr.types import Expr

from bench_segment import none
from helder.govern.catalogue import base_catalogue
from helder.integrate.live import LiveObject, LiveSources
from helder.integrate.live_index import LiveIndex
from helder.integrate.register import Sources
from helder.intelligence.segments.engine import Engine, Surroundings
from helder.intelligence.segments.parse import parse
from helder.store.migrations import upgrade
from helder.store.state import open_state
from large import Large, open_large
from measurement import Context, Measurement

PEOPLE = 1_000
OURS = [{"field": "season", "value": "autumn"}, {"field": "status", "op": "is_not", "value": "cancelled"}]
LEAF = parse({"live": "erp", "object": "workshop_order", "op": "never", "where": OURS})
BY_HAND = "SELECT customer_no FROM workshop_orders WHERE season = 'autumn' AND coalesce(status, '') <> 'cancelled'"


def measure(context: Context) -> list[Measurement]:
    """Measure both ways over one company."""
    company = open_large()
    facts, hot, online = company.facts(), company.hot(), company.online()
    context.data.mkdir(parents=True, exist_ok=True)
    (context.data / "state.db").unlink(missing_ok=True)
    state = open_state(context.data / "state.db")
    upgrade(state)
    # The first question reads three million rows from disk; the runs that are timed find them in memory.
    live = LiveSources(state, timeout=120)
    Sources(state, facts, company.key, LiveIndex(state, facts, company.key, live)).add(
        mapping(context.data, company), company.now
    )
    by_hand = ByHand(company.erp, live.object("erp", "workshop_order"))
    try:
        pair = tuple(
            Engine(
                facts,
                Surroundings(catalogue=base_catalogue, lookup=none, soft_opt_in=frozenset, live=each),
                hot,
                online,
            )
            for each in (live, by_hand)
        )
        return [everyone(context, company, pair), restricted(context, company, pair)]
    finally:
        for each in (facts, hot, online, state):
            each.close()


def everyone(context: Context, company: Large, pair: tuple[Engine, ...]) -> Measurement:
    """Ask about everyone."""
    totals = {engine.count(LEAF, company.now).total for engine in pair}
    if len(totals) != 1 or None in totals:
        raise RuntimeError(f"the two ways disagree: {totals}")
    ours, theirs = (context.median(lambda each=each: each.count(LEAF, company.now)) for each in pair)
    with closing(sqlite3.connect(company.erp)) as connection:
        rows = int(connection.execute("SELECT count(*) FROM workshop_orders").fetchone()[0])
    return Measurement(bench="segment_live.everyone", value=ours * 1e3, unit="ms", n=rows, runs=context.runs,
                       baseline=theirs * 1e3)  # fmt: skip


def restricted(context: Context, company: Large, pair: tuple[Engine, ...]) -> Measurement:
    """Ask about a thousand people, others each time."""
    chance = np.random.default_rng(7)
    profiles = pair[0].members(parse({"all": []}), company.now)
    sets = [chance.choice(profiles, PEOPLE, replace=False) for _ in range(context.runs)]
    for some in sets:  # both ways over all of them: whoever is timed first would else read the pages for the other
        by_ours, by_theirs = (engine.restricted(LEAF, some, company.now) for engine in pair)
        if not np.array_equal(by_ours, by_theirs):
            raise RuntimeError("the two ways disagree about a thousand people")
    people = itertools.cycle(sets)
    ours, theirs = (context.median(lambda each=each: each.restricted(LEAF, next(people), company.now)) for each in pair)
    return Measurement(bench="segment_live.restricted", value=ours * 1e3, unit="ms", n=PEOPLE, runs=context.runs,
                       baseline=theirs * 1e3)  # fmt: skip


class ByHand:
    """The source asked with SQL that was written for it."""

    def __init__(self, path: Path, found: LiveObject) -> None:
        """Ask the database at ``path``; what it looks like was found before."""
        self._path = path
        self._found = found

    def object(self, source: str, name: str) -> LiveObject:
        """Return the one object."""
        if (source, name) != (self._found.source, self._found.name):
            raise KeyError(source, name)
        return self._found

    def run(self, source: str, expr: Expr, ids: Sequence[str] | None = None) -> pa.Table:
        """Run the SQL by hand, on a connection opened for it; ``expr`` asks the same."""
        if source != self._found.source or expr.columns != ("key",):
            raise KeyError(source, expr.columns)
        text = BY_HAND if ids is None else f"{BY_HAND} AND customer_no IN (SELECT value FROM json_each(?))"
        bound = () if ids is None else (json.dumps(list(ids)),)
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as connection:
            return pa.table({"key": [row[0] for row in connection.execute(text, bound).fetchall()]})


def mapping(folder: Path, company: Large) -> Path:
    """Write a mapping file of the fields that the leaf asks, beside the state; return its path."""
    path = folder / "erp.toml"
    path.write_text(
        f"""
source = "erp"
name = {{nl = "ERP", en = "ERP"}}
type = "sqlite"
mode = "live"
database = "{company.erp}"

[[object]]
object = "workshop_order"
table = "workshop_orders"
key = "order_no"
[object.identifiers]
"customer:erp" = "customer_no"
[object.fields]
season = "season"
status = "status"
at = {{column = "ordered_at", format = "iso"}}
""",
        "utf-8",
    )
    return path
