from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from helder.govern.catalogue import base_catalogue
from helder.integrate.names import NameKey, name_key
from helder.integrate.rebuild import rebuild
from helder.integrate.resolve import Resolve, Survival
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import DERIVED, table

KEY = b"k" * 32
AT = datetime(2026, 11, 1, tzinfo=UTC)
NAIVE = AT.replace(tzinfo=None)
SURVIVAL = Survival(base_catalogue(), {"erp": 80, "shop": 60, "news": 40})
NAMES = [name_key("", "", "", full, KEY) for full in ("Jan de Vries", "Piet Bakker", "Joke de Vries")]
NAMES.append(name_key("J.", "", "Vries", "", KEY))
KINDS = ("email", "phone", "customer:shop", "customer:erp", "subscriber:news", "anonymous:site", "device")


@pytest.fixture
def facts() -> DuckDbFacts:
    return DuckDbFacts(":memory:")


def identities(rows: list[tuple[int, str, int]]) -> pa.Table:
    return pa.table(
        {
            "identity_id": pa.array([key for key, _, _ in rows], pa.int64()),
            "kind": pa.array([kind for _, kind, _ in rows], pa.string()),
            "value": pa.array([f"v{key}" for key, _, _ in rows], pa.string()),
            "first_seen": pa.array([NAIVE + timedelta(days=seen) for _, _, seen in rows], pa.timestamp("us")),
        }
    )


def links(rows: list[tuple[int, int, str, int]], days: int = 0) -> pa.Table:
    count = len(rows)
    return pa.table(
        {
            "a": pa.array([min(row[:2]) for row in rows], pa.int64()),
            "b": pa.array([max(row[:2]) for row in rows], pa.int64()),
            "reason": pa.array([row[2] for row in rows], pa.string()),
            "strength": pa.array([row[3] for row in rows], pa.int16()),
            "source": pa.array(["test"] * count, pa.string()),
            "record_key": pa.array([""] * count, pa.string()),
            "at": pa.array([NAIVE + timedelta(days=days)] * count, pa.timestamp("us")),
        }
    )


def cuts(rows: list[tuple[int, int]], reason: str = "decision", days: int = 0) -> pa.Table:
    return links([(a, b, reason, 0) for a, b in rows], days).select(["a", "b", "reason", "at"])


def names(rows: list[tuple[int, NameKey]]) -> pa.Table:
    return pa.table(
        {
            "identity_id": pa.array([key for key, _ in rows], pa.int64()),
            "surname_key": pa.array([name.surname for _, name in rows], pa.int64()),
            "first_key": pa.array([name.first for _, name in rows], pa.int64()),
            "initial_key": pa.array([name.initial for _, name in rows], pa.int64()),
            "near": pa.array([name.near for _, name in rows], pa.string()),
        }
    )


def records(rows: list[tuple[int, str, str]]) -> pa.Table:
    return pa.table(
        {
            "source": pa.array([source for _, source, _ in rows], pa.string()),
            "record_key": pa.array([f"r{key}" for key, _, _ in rows], pa.string()),
            "identity_id": pa.array([key for key, _, _ in rows], pa.int64()),
            "seen_at": pa.array([NAIVE] * len(rows), pa.timestamp("us")),
            "last_name": pa.array([name for _, _, name in rows], pa.string()),
        }
    )


def derived(facts: DuckDbFacts) -> dict[str, list[str]]:
    return {name: sorted(map(repr, facts.read(table(name).drop("batch")).to_pylist())) for name in sorted(DERIVED)}


def profiles(facts: DuckDbFacts) -> dict[int, int]:
    rows = facts.read(table("identity_profile")).to_pylist()
    assert len({row["identity_id"] for row in rows}) == len(rows)
    return {row["identity_id"]: row["profile_id"] for row in rows}


def resolver(facts: DuckDbFacts) -> Resolve:
    return Resolve(facts, lambda: SURVIVAL)


def test_what_came_is_resolved_once(facts: DuckDbFacts) -> None:
    """New identities get a profile and a golden record; a second run has nothing to do, and writes nothing."""
    with facts.write() as batch:
        batch.append("identity", identities([(1, "customer:shop", 0), (2, "email", 1)]))
        batch.append("link", links([(1, 2, "same_record", 90)]))
        batch.append("person_record", records([(1, "shop", "Vries")]))
    stage = resolver(facts)
    assert stage.run(AT) > 0
    assert profiles(facts) == {1: 1, 2: 1}
    row = facts.read(table("profile")).to_pylist()[0]
    assert (row["profile_id"], row["last_name"], row["email"]) == (1, "Vries", "v2")
    before = facts.last_batch()
    assert stage.run(AT) == 0
    assert facts.last_batch() == before


def test_a_merged_profile_disappears_and_comes_back(facts: DuckDbFacts) -> None:
    """A decision merges two profiles into the older; undoing it restores both, golden records included."""
    stage = resolver(facts)
    with facts.write() as batch:
        batch.append("identity", identities([(1, "customer:shop", 1), (2, "customer:shop", 0)]))
        batch.append("person_record", records([(1, "shop", "Vries"), (2, "shop", "Bakker")]))
    stage.run(AT)
    before = derived(facts)
    with facts.write() as batch:
        batch.append("link", links([(1, 2, "decision", 100)], days=1))
    stage.run(AT)
    assert profiles(facts) == {1: 2, 2: 2}
    assert len(facts.read(table("profile")).to_pylist()) == 1
    with facts.write() as batch:
        batch.append("cut", cuts([(1, 2)], "undo_link", days=2))
    stage.run(AT)
    assert derived(facts) == before


def test_a_cut_holds_until_it_is_undone(facts: DuckDbFacts) -> None:
    """Cut identities part at once, and join again when the cut is taken back."""
    stage = resolver(facts)
    with facts.write() as batch:
        batch.append("identity", identities([(1, "customer:shop", 0), (2, "email", 0)]))
        batch.append("link", links([(1, 2, "same_record", 90)]))
    stage.run(AT)
    with facts.write() as batch:
        batch.append("cut", cuts([(1, 2)], days=1))
    stage.run(AT)
    assert profiles(facts) == {1: 1, 2: 2}
    assert [row["refused"] for row in facts.read(table("refused_link")).to_pylist()] == ["cut"]
    with facts.write() as batch:
        batch.append("link", links([(1, 2, "undo_cut", 0)], days=2))
    stage.run(AT)
    assert profiles(facts) == {1: 1, 2: 1}
    assert facts.read(table("refused_link")).num_rows == 0


def test_a_new_record_renews_the_golden_record_alone(facts: DuckDbFacts) -> None:
    """A record of someone known changes their golden record, without regrouping."""
    stage = resolver(facts)
    with facts.write() as batch:
        batch.append("identity", identities([(1, "customer:shop", 0)]))
        batch.append("person_record", records([(1, "shop", "Vries")]))
    stage.run(AT)
    with facts.write() as batch:
        batch.append("person_record", records([(1, "erp", "de Vries")]))
    stage.run(AT)
    assert [row["last_name"] for row in facts.read(table("profile")).to_pylist()] == ["de Vries"]


World = list[list[tuple[str, object]]]


@st.composite
def arrivals(draw: st.DrawFn) -> World:
    """Everything that becomes known of a small world, in batches of any composition and order."""
    size = draw(st.integers(2, 12))
    ids = st.integers(1, size)
    told: list[tuple[str, object]] = [
        ("identity", (key, draw(st.sampled_from(KINDS)), draw(st.integers(0, 3)))) for key in range(1, size + 1)
    ]
    kinds = {row[1][0]: row[1][1] for row in told}
    strength = st.sampled_from([50, 70, 80, 90, 90, 90, 100])
    reason = st.sampled_from(["same_record", "login"])
    for a, b, why, weight in draw(st.lists(st.tuples(ids, ids, reason, strength), max_size=16)):
        if a != b:
            told.append(("link", (a, b, "decision" if weight == 100 else why, weight)))
    told += [("cut", pair) for pair in draw(st.lists(st.tuples(ids, ids), max_size=2)) if pair[0] != pair[1]]
    accounts = [key for key, kind in kinds.items() if str(kind).startswith(("customer", "subscriber"))]
    if accounts:
        some = st.tuples(st.sampled_from(accounts), st.sampled_from(NAMES))
        told += [("name_key", row) for row in draw(st.lists(some, max_size=8))]
        told += [("person_record", (key, "shop", f"n{key}")) for key in accounts if draw(st.booleans())]
    # Identities come no later than what speaks of them: that is how every door writes them.
    first = [row for row in told if row[0] == "identity"]
    rest = draw(st.permutations([row for row in told if row[0] != "identity"]))
    parts = draw(st.integers(1, 4))
    return [first, *([row for at, row in enumerate(rest) if at % parts == part] for part in range(parts))]


MAKE = {"identity": identities, "link": links, "cut": cuts, "name_key": names, "person_record": records}


# A decision that a cut refuses, and a later cut beside it: the refusal stays.
REFUSED_DECISION: World = [
    [("identity", (number, "email", 0)) for number in (1, 2, 3, 4)],
    [("link", (2, 4, "decision", 100))],
    [("cut", (2, 4))],
    [("cut", (1, 2))],
]


@settings(max_examples=25)
@given(arrivals())
@example(REFUSED_DECISION)
def test_resolving_bit_by_bit_gives_what_a_rebuild_gives(world: World) -> None:
    """After any arrivals, regrouping only what they touch leaves the tables that building everything anew gives."""
    facts = DuckDbFacts(":memory:")
    stage = resolver(facts)
    for part in world:
        with facts.write() as batch:
            for name, make in MAKE.items():
                rows = [row for kind, row in part if kind == name]
                if rows:
                    batch.append(name, make(rows))
        stage.run(AT)
    bit_by_bit = derived(facts)
    rebuild(facts, lambda: SURVIVAL)
    assert derived(facts) == bit_by_bit
    assert resolver(facts).run(AT) == 0
    facts.close()
