"""What is worked out in memory is what the engine answers, null and all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helder.intelligence.segments.arrays import Columns, is_known
from helder.store.facts.duckdb.engine import DuckDbFacts

NOW = datetime(2026, 11, 27, 12)  # noqa: DTZ001 - moments in stores are naive UTC
MARK, AGO = datetime(9100, 1, 1), timedelta(days=7)  # noqa: DTZ001 - as above
T = ibis.table(
    {"word": "string", "number": "int64", "at": "timestamp(6)", "yes": "boolean", "part": "float64"}, name="t"
)
SCHEMA = pa.schema(
    {"word": pa.string(), "number": pa.int64(), "at": pa.timestamp("us"), "yes": pa.bool_(), "part": pa.float64()}
)
WORDS = st.sampled_from(["", "a", "A", "é", "page"])
NUMBERS = st.integers(-2, 2) | st.sampled_from([2**62, -(2**62)])
MOMENTS = st.sampled_from([NOW - AGO + timedelta(microseconds=each) for each in (-1, 0, 1)])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "word": st.none() | WORDS,
            "number": st.none() | NUMBERS,
            "at": st.none() | MOMENTS,
            "yes": st.none() | st.booleans(),
            "part": st.none(),
        }
    ),
    max_size=6,
)


@st.composite
def simple(draw: st.DrawFn) -> Any:
    """Draw a comparison."""
    word = draw(st.sampled_from([T.word, ibis.coalesce(T.word, "page"), ibis.coalesce(T.word, "")]))
    compare = draw(st.sampled_from(["__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"]))
    moment = ibis.literal(draw(MOMENTS | st.just(MARK)), type="timestamp(6)")
    return draw(
        st.sampled_from(
            [
                getattr(word, draw(st.sampled_from(["__eq__", "__ne__"])))(draw(WORDS)),
                word.isin(draw(st.lists(WORDS, min_size=1))),
                getattr(T.number, compare)(draw(NUMBERS)),
                T.number.isin(draw(st.lists(NUMBERS, min_size=1))),
                getattr(T["at"], compare)(moment),
                T.yes,
                T[draw(st.sampled_from(["word", "number", "at", "yes"]))].isnull(),
                T[draw(st.sampled_from(["word", "number", "at", "yes"]))].notnull(),
                ibis.literal(draw(st.booleans())),
            ]
        )
    )


def compound(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return what is made of conditions."""
    return st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        inner.map(lambda one: ~one),
        st.tuples(inner, st.booleans()).map(lambda two: ibis.coalesce(*two)),
    )


@pytest.fixture(scope="module")
def facts() -> Iterator[DuckDbFacts]:
    """A facts engine without facts."""
    made = DuckDbFacts(":memory:", threads=1)
    yield made
    made.close()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, condition=st.recursive(simple(), compound, max_leaves=6))
@example(rows=[], condition=T.word == "a")
def test_memory_is_the_engine(facts: DuckDbFacts, rows: list[dict[str, Any]], condition: Any) -> None:
    """The rows that meet a condition, worked out in memory, are those that the engine finds."""
    assert is_known(condition.op())
    here = pa.Table.from_pylist(rows, SCHEMA)
    met = Columns(here, NOW, {MARK: AGO}).holds((condition.op(),)).tolist()
    numbered = here.append_column("row", pa.array(range(len(rows)), pa.int64()))
    there = ibis.table({**T.schema(), "row": "int64"}, name="t")
    asked = condition.op().replace({T.op(): there.op(), ibis.literal(MARK, type="timestamp(6)").op():
                                    ibis.literal(NOW - AGO, type="timestamp(6)").op()})  # fmt: skip
    with facts.reader() as reader:
        found = reader.read(there.filter(asked.to_expr()).select("row"), t=numbered).column("row").to_pylist()
    assert [number for number, one in enumerate(met) if one] == sorted(found)


@pytest.mark.parametrize(
    "condition",
    [
        T.part > 1,
        T.number > 1.5,
        T.word < "b",
        T.word.lower() == "a",
        T.number.cast("string") == "1",
        T["at"].date() == datetime(2026, 11, 27).date(),  # noqa: DTZ001 - as above
        T.word == T.word.lower(),
    ],
    ids=str,
)
def test_what_is_not_known_is_left_to_the_engine(condition: Any) -> None:
    """Fractions, order of text, casts and functions have meanings of the engine's own."""
    assert not is_known(condition.op())
