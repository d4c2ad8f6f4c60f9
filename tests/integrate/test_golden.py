from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from helder.govern.catalogue import Field, Words, base_catalogue
from helder.integrate.golden import golden_records, groups, trust_table
from helder.integrate.survivorship import StatedRecord, survivors
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import PERSON_FIELDS, table

TRUST = {"erp": 80, "shop": 60, "news": 60, "web": 20}
START = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def stated(source: str, key: str, days: int, **values: object) -> StatedRecord:
    return StatedRecord(
        source=source, record_key=key, trust=TRUST[source], moment=START + timedelta(days=days), values=values
    )


def test_each_rule_picks_its_value_and_says_why() -> None:
    """A name comes from the most trusted source, an address from the newest record, a birth date from most records."""
    records = [
        stated("shop", "1", 9, last_name="Vreis", street="Dam", birth_date=date(1980, 1, 2)),
        stated("erp", "2", 1, last_name="Vries", first_name="Jan", street="Plein", birth_date=date(1980, 1, 1)),
        stated("news", "3", 2, first_name="J", birth_date=date(1980, 1, 1)),
    ]
    found = survivors(records, groups(base_catalogue()))
    assert (found["last_name"].value, found["last_name"].source) == ("Vries", "erp")
    assert found["last_name"].why.en == "from the most trusted source"
    assert [lost.value for lost in found["last_name"].lost] == ["Vreis"]
    assert found["street"].value == "Dam"
    assert found["birth_date"].value == date(1980, 1, 1)


def test_names_and_addresses_are_never_mixed() -> None:
    """The parts of a name come from one record, even where that one leaves some out."""
    records = [
        stated("erp", "1", 1, first_name="Jan", last_name="Vries"),
        stated("shop", "2", 5, infix="van", last_name="Dam"),
    ]
    found = survivors(records, groups(base_catalogue()))
    assert "infix" not in found
    assert found["last_name"].value == "Vries"


def test_a_value_stated_once_says_so() -> None:
    """Where nobody contradicts, the reason is that it is the only value."""
    found = survivors(
        [stated("erp", "1", 1, city="Delft"), stated("shop", "2", 2, city="Delft")], groups(base_catalogue())
    )
    assert found["city"].why.en == "the only value stated"
    assert found["city"].lost == ()


def test_the_longest_value_wins_where_that_is_the_rule() -> None:
    """The rule longest keeps the fullest value."""
    field = Field(key="last_name", type="text", label=Words("", ""), survivorship="longest")
    records = [stated("erp", "1", 9, last_name="Vries"), stated("web", "2", 1, last_name="de Vries-Bakker")]
    assert survivors(records, [(field,)])["last_name"].value == "de Vries-Bakker"


_TEXTS = st.none() | st.sampled_from(["a", "b", "cc", "ddd"])


@st.composite
def people(draw: st.DrawFn) -> list[tuple[int, StatedRecord]]:
    """Records of a few people."""
    found = []
    for at in range(draw(st.integers(1, 9))):
        values: dict[str, object] = {name: draw(_TEXTS) for name in PERSON_FIELDS if name != "birth_date"}
        values["email"] = draw(st.none() | st.sampled_from(["a@x.nl", "b@x.nl"]))
        values["birth_date"] = draw(st.none() | st.sampled_from([date(1980, 1, 1), date(1990, 5, 5)]))
        record = StatedRecord(
            source=(source := draw(st.sampled_from(sorted(TRUST)))),
            record_key=f"k{at}",
            trust=TRUST[source],
            moment=START + timedelta(days=draw(st.integers(0, 3))),
            verified=draw(st.booleans()),
            own=values["email"] == "a@x.nl",
            values=values,
        )
        found.append((draw(st.integers(1, 3)), record))
    return found


@settings(max_examples=20)
@given(people())
def test_everyone_at_once_agrees_with_one_by_one(rows: list[tuple[int, StatedRecord]]) -> None:
    """The question to the facts and the plain rules give every person the same golden record."""
    facts = DuckDbFacts(":memory:")
    with facts.write() as batch:
        _write(batch, rows)
    made = facts.read(golden_records(base_catalogue()), trust=trust_table(TRUST)).to_pylist()
    golden = {row["profile_id"]: row for row in made}
    for person in {person for person, _ in rows}:
        found = survivors([record for one, record in rows if one == person], groups(base_catalogue()))
        for name in PERSON_FIELDS:
            wanted = found[name].value if name in found else None
            if name == "email" and wanted is None:
                wanted = "a@x.nl"
            assert golden[person][name] == wanted, name
    facts.close()


def _write(batch: object, rows: list[tuple[int, StatedRecord]]) -> None:
    """Write people: profile p has the account p and the address a@x.nl."""
    ids = sorted({person for person, _ in rows})
    both = [*ids, *(100 + person for person in ids)]
    batch.append(
        "identity",
        pa.table(
            {
                "identity_id": pa.array(both, pa.int64()),
                "kind": ["customer:erp"] * len(ids) + ["email"] * len(ids),
                "value": [str(person) for person in ids] + ["a@x.nl"] * len(ids),
                "first_seen": pa.array([START] * len(both), pa.timestamp("us")),
            }
        ),
    )
    placed = pa.table({"identity_id": pa.array(both, pa.int64()), "profile_id": pa.array([*ids, *ids], pa.int64())})
    batch.append("identity_profile", placed)
    columns = {name: [record.values[name] for _, record in rows] for name in PERSON_FIELDS}
    kinds = {name: pa.date32() if kind == "date" else pa.string() for name, kind in PERSON_FIELDS.items()}
    batch.append(
        "person_record",
        pa.table(
            {
                "source": [record.source for _, record in rows],
                "record_key": [record.record_key for _, record in rows],
                "identity_id": pa.array([person for person, _ in rows], pa.int64()),
                "seen_at": pa.array([START] * len(rows), pa.timestamp("us")),
                "changed_at": pa.array([record.moment for _, record in rows], pa.timestamp("us")),
                "email_verified": [record.verified for _, record in rows],
                **{name: pa.array(values, kinds[name]) for name, values in columns.items()},
            }
        ),
    )


def test_the_golden_record_compiles_for_spark() -> None:
    """The same question can be asked of Spark."""
    from helder.store.facts.compile import compiled

    assert "SELECT" in compiled(golden_records(base_catalogue(), chosen=True), "pyspark")
    assert table("profile").columns == (*golden_records(base_catalogue()).columns, "batch")
