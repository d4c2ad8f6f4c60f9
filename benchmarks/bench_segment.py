"""The campaign's rule without its live leaf: over everyone, after one leaf changed, and for a thousand people.

*Cold*: no answer is kept, and each leaf is asked of 50,000,000 events, the consents, the orders or the tickets. What
stays, as in the product while it runs, is the open facts file, the compiled SQL and who is who (the identities of a
million profiles, in memory). The hand-written SQL gives the same total in one statement, from the same tables, on the
same connection settings; the benchmark breaks when the two totals differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import numpy as np
from ibis.expr.types import Expr

from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.engine import Engine, Surroundings
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import Rule
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table
from large import Large, open_large
from measurement import Context, Measurement

PEOPLE = 1_000
BY_HAND = Path(__file__).parent / "segment_sql" / "total.sql"


def measure(context: Context) -> list[Measurement]:
    """Measure all three ways over one company."""
    company = open_large()
    facts, hot, online = company.facts(), company.hot(), company.online()
    try:
        engine = Engine(facts, surroundings(), hot, online)
        events = int(facts.read(table("every_event").count().as_table()).column(0)[0].as_py())
        return [cold(context, company, engine, facts, events), edited(context, company, engine, events),
                restricted(context, company, engine)]  # fmt: skip
    finally:
        for each in (facts, hot, online):
            each.close()


def rule(days: int = 7) -> Rule:
    """Return the campaign's rule without its live leaf; ``days`` is the pause between two mails."""
    started = {
        "sequence": "Workshop Registration Started",
        "then_not": "Workshop Registration Completed",
        "within": "24 hours",
        "in_last": "30 days",
    }
    open_complaint = [{"field": "kind", "value": "complaint"}, {"field": "status", "value": "open"}]
    leaves = [
        started,
        {"permission": "events", "by": "email"},
        {"behaviour": "Email Sent", "op": "never", "in_last": f"{days} days"},
        {"aggregate": "ticket", "op": "never", "where": open_complaint},
    ]
    return parse({"all": leaves})


def cold(context: Context, company: Large, engine: Engine, facts: Facts, events: int) -> Measurement:
    """Count everyone with nothing kept, beside hand-written SQL."""
    text = BY_HAND.read_text("utf-8")
    totals: list[int | None] = []

    def by_hand() -> None:
        with facts.reader() as reader:
            totals.append(int(reader.sql(text).column(0)[0].as_py()))

    by_engine = lambda: totals.append(engine.count(rule(), company.now).total)  # noqa: E731 - a name for what is timed
    by_engine()
    seconds = context.median(by_engine, before=engine.forget)
    baseline = context.median(by_hand)
    if len(set(totals)) != 1:
        raise RuntimeError(f"the engine and the hand-written SQL disagree: {sorted(set(map(str, totals)))}")
    context.say(f"{totals[0]} of a million meet the rule")
    return Measurement(
        bench="segment.cold", value=seconds * 1e3, unit="ms", n=events, runs=context.runs, baseline=baseline * 1e3
    )


def edited(context: Context, company: Large, engine: Engine, events: int) -> Measurement:
    """Count again after the pause between two mails was changed: to a number of days not asked before."""
    days = itertools.count(3)
    engine.count(rule(), company.now)
    engine.count(rule(2), company.now)
    seconds = context.median(lambda: engine.count(rule(8 + next(days) % 20), company.now))
    return Measurement(bench="segment.one_leaf", value=seconds * 1e3, unit="ms", n=events, runs=context.runs)


def restricted(context: Context, company: Large, engine: Engine) -> Measurement:
    """Ask the rule of a thousand profiles, others each time; they agree with the answer over everyone."""
    chance = np.random.default_rng(7)
    members = engine.members(rule(), company.now)
    everyone = engine.members(parse({"all": []}), company.now)
    people = [chance.choice(everyone, PEOPLE, replace=False) for _ in range(context.runs + 1)]
    for some in people:
        if not np.array_equal(engine.restricted(rule(), some, company.now), np.intersect1d(members, some)):
            raise RuntimeError("the rule over a few and over everyone disagree")
    turn = itertools.cycle(people)
    seconds = context.median(lambda: engine.restricted(rule(), next(turn), company.now))
    return Measurement(bench="segment.restricted", value=seconds * 1e3, unit="ms", n=PEOPLE, runs=context.runs)


def surroundings() -> Surroundings:
    """Return what the engine needs besides the stores: *events* allows the existing-customer basis, as in the demo."""
    return Surroundings(
        catalogue=base_catalogue, lookup=none, soft_opt_in=lambda: frozenset({"events"}), live=NoSources()
    )


def none(key: str) -> NoReturn:
    """There are no other segments."""
    raise KeyError(key)


class NoSources:
    """There are no live sources."""

    def run(self, source: str, expr: Expr, ids: Sequence[str] | None) -> NoReturn:
        """Refuse."""
        raise KeyError(source, expr, ids)

    def object(self, source: str, name: str) -> NoReturn:
        """Refuse."""
        raise KeyError(source, name)
