from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest
from ibis import literal
from tests.integrate.conftest import World

from helder.errors import Unavailable
from helder.store.facts.schema import table

ERP = """
source = "erp"
name = {nl = "ERP", en = "ERP"}
type = "sqlite"
mode = "live"
trust = 80
database = "erp.db"

[[object]]
object = "person"
table = "customers"
key = "no"
changed = "changed"
[object.identifiers]
"customer:erp" = "no"
email = "email"
[object.fields]
first_name = "first"
last_name = "last"
gender = {column = "sex", values = {F = "female", M = "male"}}

[[object]]
object = "invoice"
table = "invoices"
key = "id"
[object.identifiers]
"customer:erp" = "customer"
[object.fields]
at = "at"
amount = {column = "cents", type = "money", unit = "cent", currency = "EUR"}
"""
SENTINEL = 77_123_456_789


@pytest.fixture
def erp(world: World) -> World:
    """A world with an ERP of three customers."""
    with sqlite3.connect(world.folder / "erp.db") as db:
        db.executescript("""
            CREATE TABLE customers (no TEXT PRIMARY KEY, first TEXT, last TEXT, sex TEXT, email TEXT, changed TEXT);
            CREATE TABLE invoices (id INTEGER PRIMARY KEY, customer TEXT, at TEXT, cents INTEGER);
            CREATE INDEX invoices_customer ON invoices (customer);
            INSERT INTO customers VALUES ('K1', 'Jan', 'Vries', 'M', 'jan@x.nl', '2026-01-01T00:00:00Z'),
                ('K2', 'Ann', 'Bakker', 'F', NULL, '2026-02-01T00:00:00Z'), ('K3', 'Bo', 'Dam', NULL, 'bo@x.nl', NULL);
            INSERT INTO invoices VALUES (1, 'K1', '2026-03-01T12:00:00Z', 1000), (2, 'K1', '2026-03-02T12:00:00Z', 50),
                (3, 'K2', '2026-03-01T11:59:59Z', 2000);
        """)
        db.execute("INSERT INTO invoices VALUES (4, 'K3', '2020-01-01T00:00:00Z', ?)", [SENTINEL])
    db.close()
    world.sync(ERP, "erp.toml")
    return world


def keys(world: World, ids: list[str] | None = None, since: datetime | None = None) -> list[str]:
    found = world.live.object("erp", "invoice")
    rows = found.table
    if since is not None:
        rows = rows.filter(rows["at"] >= literal(since.replace(tzinfo=None), type="timestamp(6)"))
    return sorted(world.live.run("erp", rows.select("key"), ids)["key"].to_pylist())


def change(world: World, sql: str) -> None:
    with sqlite3.connect(world.folder / "erp.db") as db:
        db.execute(sql)
    db.close()


def test_only_the_identity_index_is_kept(erp: World) -> None:
    """Of a live source Helder holds keys, identifiers and hashed names; no file or table holds any other value."""
    accounts = [("customer:erp", f"K{n}") for n in (1, 2, 3)]
    assert erp.rows("identity", "kind", "value") == [*accounts, ("email", "bo@x.nl"), ("email", "jan@x.nl")]
    assert erp.facts.read(table("name_key")).num_rows == 3
    assert erp.facts.read(table("person_record")).num_rows == 0
    assert keys(erp) == ["K1", "K1", "K2", "K3"]
    erp.state.close()
    held = b"".join(path.read_bytes() for path in erp.folder.parent.glob("state.db*"))
    assert str(SENTINEL).encode() not in held
    assert b"Bakker" not in held


def test_a_question_runs_at_the_source_in_its_own_writing_of_moments(erp: World) -> None:
    """Moments that the source keeps as text are compared exactly, fractions of a second and all."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert keys(erp, since=noon) == ["K1", "K1"]
    assert keys(erp, since=noon.replace(microsecond=1)) == ["K1"]
    assert keys(erp, ["K2", "K3"]) == ["K2", "K3"]
    assert keys(erp, []) == []


def test_fields_come_in_the_catalogues_terms(erp: World) -> None:
    """Money is in micros, and the source's words are the catalogue's."""
    invoices, people = erp.live.object("erp", "invoice"), erp.live.object("erp", "person")
    assert invoices.kind == "customer:erp"
    assert invoices.kinds == {"at": "time", "amount": "money"}
    asked = invoices.table.filter(invoices.table.amount == 10_000_000).select("key", "amount")
    assert erp.live.run("erp", asked).to_pylist() == [{"key": "K1", "amount": 10_000_000}]
    genders = erp.live.run("erp", people.table.select("key", "gender").order_by("key"))["gender"].to_pylist()
    assert genders == ["male", "female", None]


def test_an_aggregate_is_restricted_where_the_table_is_read(erp: World) -> None:
    """Ids go in as one bound parameter beside the table itself, under any grouping."""
    rows = erp.live.object("erp", "invoice").table
    total = rows.group_by("key").aggregate(total=rows.amount.sum())
    asked = total.filter(total.total > 10_000_000).select("key")
    assert sorted(erp.live.run("erp", asked)["key"].to_pylist()) == ["K1", "K2", "K3"]
    assert erp.live.run("erp", asked, ["K1"])["key"].to_pylist() == ["K1"]


def test_a_change_at_the_source_changes_the_next_answer(erp: World) -> None:
    """Nothing is remembered between two questions."""
    assert keys(erp, ["K2"]) == ["K2"]
    change(erp, "DELETE FROM invoices WHERE customer = 'K2'")
    assert keys(erp, ["K2"]) == []


def test_a_poll_takes_what_changed_since_the_last(erp: World) -> None:
    """The cursor moves: a second poll reads rows at or past it and those without a moment, and writes what is new."""
    change(erp, "INSERT INTO customers VALUES ('K4', 'Cor', 'Eik', 'M', 'cor@x.nl', '2026-05-01T00:00:00Z')")
    report = erp.sources.sync("erp", erp.now).objects[0]
    assert report.rows == 3  # K2 stands at the cursor, K3 has no moment of change
    assert ("email", "cor@x.nl") in erp.rows("identity", "kind", "value")
    assert erp.sources.sync("erp", erp.now).objects[0].fresh == 0


def test_a_locked_source_is_unavailable(erp: World) -> None:
    """While another program holds the database, the answer is that it is locked."""
    holder = sqlite3.connect(erp.folder / "erp.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Unavailable, match="erp is locked by another program"):
        keys(erp)
    holder.execute("ROLLBACK")
    holder.close()
    assert keys(erp, ["K2"]) == ["K2"]


def test_a_missing_source_is_unavailable(erp: World) -> None:
    """A database that is gone is named, and not made anew; when it is back, so is the answer."""
    path = erp.folder / "erp.db"
    path.rename(erp.folder / "away.db")
    with pytest.raises(Unavailable, match=r"erp is not there: erp\.db is missing"):
        keys(erp)
    assert not path.exists()
    assert [status.health for status in erp.sources.check()] == ["failing"]
    (erp.folder / "away.db").rename(path)
    assert keys(erp, ["K2"]) == ["K2"]
    assert [status.health for status in erp.sources.check()] == ["good"]


def test_a_corrupt_source_is_unavailable(erp: World) -> None:
    """A file that is no database is told to be corrupt."""
    (erp.folder / "erp.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(Unavailable, match="erp is corrupt"):
        keys(erp)


def test_a_slow_source_is_unavailable(erp: World) -> None:
    """A question that takes longer than the longest wait is stopped."""
    change(erp, "DROP TABLE invoices")
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS id, 'K' AS customer,"
    change(erp, f"CREATE VIEW invoices AS {endless} '2026-01-01T00:00:00Z' AS at, x AS cents FROM n")
    rows = erp.live.object("erp", "invoice").table
    with pytest.raises(Unavailable, match=r"did not answer within 0\.3 seconds"):
        erp.live.run("erp", rows.aggregate(key=rows.amount.sum()))


def test_a_column_gone_from_a_live_source_is_unavailable(erp: World) -> None:
    """A renamed column makes the answer unavailable, naming the nearest one; the poll changes nothing."""
    change(erp, "ALTER TABLE invoices RENAME COLUMN cents TO eurocents")
    batch = erp.facts.last_batch()
    with pytest.raises(Unavailable, match="'cents' is gone: did you mean eurocents"):
        keys(erp)
    with pytest.raises(Exception, match="'cents' is gone"):
        erp.sources.sync("erp", erp.now)
    assert erp.facts.last_batch() == batch


def test_an_object_that_is_not_mapped_is_unavailable(erp: World) -> None:
    """A live leaf on something that the source does not have cannot be answered."""
    with pytest.raises(Unavailable, match="erp has no ticket"):
        erp.live.object("erp", "ticket")


def test_a_cursor_may_be_a_number(erp: World) -> None:
    """Row versions that are counted are compared as numbers: 10 comes after 9."""
    change(erp, "ALTER TABLE customers ADD COLUMN version INTEGER")
    change(erp, "UPDATE customers SET version = 8 + rowid")
    erp.sync(ERP.replace('changed = "changed"', 'changed = "version"'), "erp.toml")
    change(erp, "INSERT INTO customers VALUES ('K4', 'Cor', 'Eik', 'M', 'cor@x.nl', NULL, 12)")
    report = erp.sources.sync("erp", erp.now).objects[0]
    assert report.rows == 2
    assert ("email", "cor@x.nl") in erp.rows("identity", "kind", "value")


def test_the_writing_of_moments_is_seen_when_the_first_comes(erp: World) -> None:
    """A table that was empty when first asked is looked at again: its moments decide how it is compared."""
    change(erp, "DELETE FROM invoices")
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert keys(erp, since=noon) == []
    change(erp, "INSERT INTO invoices VALUES (9, 'K1', '2026-03-01 11:00:00', 1), (10, 'K2', '2026-03-01 13:00:00', 1)")
    assert keys(erp, since=noon) == ["K2"]
