"""Random rules and random streams of events, for laws about segments."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from helder.errors import Unavailable
from helder.govern.catalogue import base_catalogue
from helder.intelligence.segments.engine import Engine, Surroundings
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import SCHEMAS

NOW = datetime(2026, 11, 24, 10, 0)  # noqa: DTZ001 - naive UTC, as the stores hold it
EVENTS = ("Product Viewed", "Order Completed", "Page Viewed")
OFTEN = EVENTS[:2]
IDENTITIES = tuple(range(1, 9))
SPANS = ("30 minutes", "1 days", "1 weeks")
SOFT = {"events"}
TABLES = ("event_tail", "identity_profile", "profile", "orders", "subscription", "ticket", "consent")
ZERO = timedelta(0)
MICRO = timedelta(microseconds=1)
Row = dict[str, Any]

# Ages lie on and right beside the bounds of the spans, and a few in the future.
ages = st.sampled_from(
    [timedelta(minutes=m) + d for m in (-30, 0, 30, 1440, 1470, 10080) for d in (-MICRO, ZERO, MICRO)]
)
moments = ages.map(lambda age: NOW - age)
identity = st.sampled_from(IDENTITIES)
words = st.sampled_from(["tuin", "Tuin", "keuken", "pad", "5", ""])
values = st.one_of(words, st.integers(-3, 10), st.booleans(), st.none(), st.sampled_from([1.5, 5.0]))


def row(table: str, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    empty = dict.fromkeys(SCHEMAS[table])
    return st.fixed_dictionaries(columns).map(lambda given: {**empty, **given})


keys = st.integers(0, 10**9).map(str)
event = row(
    "event_tail",
    message_id=keys,
    identity_id=identity,
    type=st.sampled_from(["track", "page"]),
    name=st.sampled_from(OFTEN),
    at=moments,
    properties=st.fixed_dictionaries({}, optional={"title": values, "price": values}).map(json.dumps),
)
money = st.sampled_from([None, 0, 10_000_000, 12_500_000, 100_000_000])
record = {"source": st.just("s"), "record_key": keys, "identity_id": identity, "at": st.one_of(moments, st.none())}
kind = st.sampled_from([None, "order", "return", "paid", "trial"])
extra = st.sampled_from([None, '{"colour": "red"}', '{"colour": "blue", "size": 5}', '{"size": "7"}'])
order = row(
    "orders", **record, amount_micros=money, kind=kind, status=st.sampled_from([None, "paid", "open"]), extra=extra
)
subscription = row(
    "subscription",
    **record,
    amount_micros=money,
    kind=kind,
    title=words,
    status=st.sampled_from(["active", "ended"]),
    ends_at=st.one_of(moments, st.none()),
)
ticket = row(
    "ticket", **record, kind=st.sampled_from(["complaint", "question"]), status=st.sampled_from(["open", "closed"])
)
consent = row(
    "consent",
    identity_id=identity,
    purpose=st.sampled_from(["events", "newsletter"]),
    channel=st.sampled_from(["email", "sms", "", None]),
    title=st.sampled_from(["", "tuin", None]),
    choice=st.sampled_from(["yes", "no", "perhaps"]),
    at=moments,
)
profile = st.fixed_dictionaries(
    {
        "city": st.sampled_from([None, "", "Utrecht", "utrecht", "Breda"]),
        "birth_date": st.sampled_from([None, date(1980, 2, 29), date(2026, 11, 24)]),
        "first_seen": st.one_of(moments, st.none()),
    }
)


def rows(each: st.SearchStrategy[Row], most: int) -> st.SearchStrategy[list[Row]]:
    return st.lists(
        each, max_size=most, unique_by=lambda found: found.get("record_key") or found.get("message_id") or id(found)
    )


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Draw a small company: eight identities of a few profiles, and what they did."""
    of = draw(st.lists(st.integers(1, 4), min_size=8, max_size=8))
    who = [{"identity_id": i, "profile_id": 100 + p} for i, p in zip(IDENTITIES, of, strict=True)]
    who = who[: draw(st.integers(4, 8))]
    known = sorted({each["profile_id"] for each in who})
    records = [
        {**dict.fromkeys(SCHEMAS["profile"]), "profile_id": p, **draw(profile)} for p in known if draw(st.booleans())
    ]
    return {
        "identity_profile": who,
        "profile": records,
        "event_tail": draw(rows(event, 12)),
        "orders": draw(rows(order, 6)),
        "subscription": draw(rows(subscription, 4)),
        "ticket": draw(rows(ticket, 4)),
        "consent": draw(rows(consent, 6)),
    }


def test(field: str, ops: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Row]:
    """Draw a comparison of ``field``."""
    return st.one_of(
        [
            st.fixed_dictionaries({"field": st.just(field), "op": st.just(op), "value": value})
            if value is not None
            else st.just({"field": field, "op": op})
            for op, value in ops.items()
        ]
    )


texts = st.sampled_from(["tuin", "Tuin", "keuken", "5", "red", "open", "paid", "complaint", "true"])
numbers = st.sampled_from([0, 1, 2, 5, 7, 10, 12.5, 100])
pairs = st.tuples(numbers, numbers).map(sorted)
TEXT = {
    "is": texts,
    "is_not": texts,
    "in": st.lists(texts, min_size=1, max_size=2),
    "not_in": st.lists(texts, min_size=1, max_size=2),
    "contains": st.sampled_from(["U", "e", "5"]),
    "not_contains": st.sampled_from(["U", "e"]),
    "starts_with": st.sampled_from(["t", "K"]),
    "set": None,
    "not_set": None,
}
NUMBER = {
    "is": numbers,
    "is_not": numbers,
    "at_least": numbers,
    "at_most": numbers,
    "more_than": numbers,
    "less_than": numbers,
    "between": pairs,
}
days = st.sampled_from(["2026-11-23T10:00:00", "2026-11-24", "2026-11-17T10:00:00"])
spans = st.sampled_from(SPANS)
TIME = {"before": days, "after": days, "in_last": spans, "in_next": spans, "set": None, "not_set": None}
FLAG = {"is": st.booleans(), "is_not": st.booleans()}
property_test = st.one_of(test("title", TEXT), test("price", NUMBER), test("title", FLAG), test("price", {"set": None}))
few_tests = st.one_of(st.just([]), st.just([]), st.lists(property_test, max_size=1))
record_tests = {
    "order": st.one_of(test("status", TEXT), test("amount", {**NUMBER, "set": None}), test("at", TIME)),
    "return": st.one_of(test("status", TEXT), test("amount", NUMBER)),
    "ticket": st.one_of(test("kind", TEXT), test("status", TEXT)),
    "subscription": st.one_of(test("title", TEXT), test("ends_at", TIME), test("status", TEXT)),
}
lately = spans.map(lambda span: {"in_last": span})
window = st.one_of(
    lately,
    lately,
    lately,
    st.just({}),
    days.map(lambda day: {"since": day}),
    days.map(lambda day: {"until": day}),
)
behaviour = st.builds(
    lambda event, often, when, where: {"behaviour": event, **often, **when, "where": where},
    st.sampled_from(EVENTS),
    st.one_of(
        st.just({"op": "never"}),
        st.builds(
            lambda op, n: {"op": op, "times": n}, st.sampled_from(["at_least", "at_most", "exactly"]), st.integers(0, 3)
        ),
    ),
    window,
    few_tests,
)
sequence = st.builds(
    lambda first, follow, then, within, when, where: {
        "sequence": first,
        follow: then,
        "within": within,
        **when,
        "then_where": where,
    },
    st.sampled_from(EVENTS),
    st.sampled_from(["then", "then_not"]),
    st.sampled_from(EVENTS),
    spans,
    window,
    few_tests,
)


@st.composite
def aggregates(draw: st.DrawFn) -> Row:
    """Draw a measure over records."""
    name = draw(st.sampled_from(sorted(record_tests)))
    node: Row = {
        "aggregate": name,
        **draw(window),
        "where": draw(st.one_of(st.just([]), st.lists(record_tests[name], max_size=2))),
    }
    measure = draw(st.sampled_from(["count", "days", "sum", "average", "least", "greatest", "last", "first"]))
    if measure in ("count", "days"):
        compared = draw(test("", NUMBER))
        compared.pop("field")
        if measure == "count" and draw(st.booleans()):
            compared = {"op": "never"}
    elif name in ("order", "return"):
        compared = draw(test("amount", NUMBER))
    elif measure in ("last", "first"):
        compared = draw(test("status", TEXT))
    else:
        measure, compared = "count", {"op": "never"}
    return {**node, "measure": measure, **compared}


def as_attribute(found: Row) -> Row:
    return {("attribute" if key == "field" else key): value for key, value in found.items()}


cities = {**TEXT, "is": st.sampled_from(["Utrecht", "Breda"]), "is_not": st.sampled_from(["Utrecht", "Breda"])}
attribute = st.one_of(test("city", cities), test("birth_date", TIME), test("first_seen", TIME)).map(as_attribute)
permission = st.builds(
    lambda purpose, title: {"permission": purpose, "by": "email", **title},
    st.sampled_from(["events", "newsletter"]),
    st.sampled_from([{}, {"title": "tuin"}]),
)
leaf = st.one_of(behaviour, sequence, aggregates(), attribute, permission)
rules = st.recursive(
    leaf,
    lambda inner: st.builds(
        lambda match, children: {match: children}, st.sampled_from(["all", "any", "none"]), st.lists(inner, max_size=3)
    ),
    max_leaves=5,
)


def aware(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def fill(facts: DuckDbFacts, world: dict[str, list[Row]]) -> None:
    """Write a world to ``facts`` as one batch, in the place of what was there."""
    with facts.write() as batch:
        for table in TABLES:
            batch.clear(table)
            add(batch, table, world.get(table, []))


def add(batch: Any, table: str, found: list[Row]) -> None:
    """Append rows of plain values."""
    columns = [name for name in SCHEMAS[table] if name != "batch"]
    types = {"int64": pa.int64(), "string": pa.string(), "timestamp(6)": pa.timestamp("us"), "date": pa.date32()}
    batch.append(
        table,
        pa.table(
            {name: pa.array([each.get(name) for each in found], types.get(SCHEMAS[table][name])) for name in columns}
        ),
    )


class NoSources:
    """No live source at all."""

    def object(self, source: str, name: str) -> Any:
        raise Unavailable(f"there is no source {source}")

    def run(self, source: str, expr: Any, ids: Any) -> Any:
        raise AssertionError("object was refused")


def engine_of(facts: DuckDbFacts, lookup: Any = None, live: Any = None, **more: Any) -> Engine:
    """Return an engine over ``facts``."""
    around = Surroundings(
        catalogue=base_catalogue,
        lookup=lookup or (lambda _key: None),
        soft_opt_in=lambda: frozenset(SOFT),
        live=live or NoSources(),
    )
    return Engine(facts, around, **more)
