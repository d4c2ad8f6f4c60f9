from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integrate.conftest import World

from helder.errors import NotFound, Unavailable
from helder.govern.entries import read_catalogue
from helder.integrate.importing import Collision
from helder.integrate.mapping import ColumnGone, MappingError
from helder.store.facts.schema import table
from helder.store.tables.sources import write_key

PEOPLE = """
source = "shop"
name = {nl = "Winkel", en = "Shop"}
type = "files"
trust = 60
zone = "Europe/Amsterdam"

[[object]]
object = "person"
path = "people.csv"
key = "no"
changed = "changed"
[object.identifiers]
"customer:shop" = "no"
email = ["email", "email_2"]
phone = "phone"
[object.fields]
first_name = "first"
last_name = "last"
birth_date = {column = "born", format = "%d-%m-%Y"}
"""
HEADER = "no;first;last;email;email_2;phone;born;changed\n"
JAN = "1;Jan;de Vries;Jan@X.nl;jan2@x.nl;06-12345678;31-01-1980;2026-06-01 12:00:00\n"

ORDERS = """
source = "shop"
name = {nl = "Winkel", en = "Shop"}
type = "files"

[[object]]
object = "order_line"
path = "lines.parquet"
key = ["order", "line"]
[object.fields]
order_key = "order"
quantity = "count"
unit_price = {column = "cents", type = "money", unit = "cent", currency = "EUR"}
amount = {column = "cents", times = "count", unit = "cent", currency = "EUR"}

[[object]]
object = "order"
path = "orders.csv"
key = "order"
[object.identifiers]
"customer:shop" = "customer"
[object.fields]
at = "at"
amount = {column = "total", currency = "EUR"}
colour = "colour"

[[object]]
object = "return"
path = "returns.csv"
key = "return"
[object.fields]
order_key = "order"
amount = {column = "back", currency = "EUR"}
at = "at"

[[field]]
object = "order"
key = "colour"
type = "choice"
label = {nl = "Kleur", en = "Colour"}
"""


def test_people_are_imported_with_identities_links_and_fields(world: World) -> None:
    """A row becomes a record in normal form, its identifiers become identities, linked to the customer number."""
    world.write("people.csv", HEADER + JAN)
    report = world.sync(PEOPLE).objects[0]
    assert (report.rows, report.fresh, report.rejected) == (1, 1, 0)
    assert world.rows("identity", "kind", "value") == [
        ("customer:shop", "1"), ("email", "jan2@x.nl"), ("email", "jan@x.nl"), ("phone", "+31612345678"),
    ]  # fmt: skip
    assert world.facts.read(table("link")).num_rows == 3
    changed = datetime(2026, 6, 1, 10, tzinfo=UTC).replace(tzinfo=None)
    assert world.rows("person_record", "record_key", "email", "phone", "birth_date", "changed_at") == [
        ("1", "jan@x.nl", "+31612345678", date(1980, 1, 31), changed)
    ]


def test_an_unchanged_file_is_left_alone_and_changed_rows_supersede(world: World) -> None:
    """A second sync reads nothing; after a change the changed row alone ends its old version."""
    world.write("people.csv", HEADER + JAN + JAN.replace("1;Jan", "2;Piet"))
    world.sync(PEOPLE)
    batch = world.facts.last_batch()
    assert world.sync(PEOPLE).objects[0].skipped
    assert world.facts.last_batch() == batch
    world.write("people.csv", HEADER + JAN + JAN.replace("1;Jan", "2;Pieter"))
    assert world.sync(PEOPLE).objects[0].fresh == 1
    rows = world.facts.read(table("person_record")).to_pylist()
    ended = {(row["record_key"], row["first_name"]): row["until_batch"] is not None for row in rows}
    assert ended == {("1", "Jan"): False, ("2", "Piet"): True, ("2", "Pieter"): False}


def test_a_column_that_is_gone_is_named_and_nothing_changes(world: World) -> None:
    """The message names the column and the nearest one that is there; nothing is read, lost or changed."""
    world.write("people.csv", HEADER + JAN)
    world.sync(PEOPLE)
    batch, before = world.facts.last_batch(), world.rows("person_record", "record_key", "until_batch")
    world.write("people.csv", HEADER.replace("email_2", "e-mail 2").replace("born", "birthday") + JAN)
    with pytest.raises(ColumnGone) as caught:
        world.sync(PEOPLE)
    assert "'email_2' is gone: did you mean" in str(caught.value)
    assert "e-mail 2" in str(caught.value)
    assert "'born' is gone: there is: birthday" in str(caught.value)
    assert world.facts.last_batch() == batch
    assert world.rows("person_record", "record_key", "until_batch") == before
    assert world.sources.list()[0].health == "failing"


def test_bad_lines_are_kept_aside_with_their_number(world: World) -> None:
    """Rows of the wrong length and a stray quote are rejected by line; every other row is there."""
    lines = [JAN.replace("1;Jan", f"{n};Jan") for n in range(1, 8)]
    lines[1] = "2;Jan\n"
    lines[3] = '4;"Jan;de Vries;a@x.nl;;;;\n'
    lines[5] = lines[5].replace("\n", ";too;many\n")
    world.write("people.csv", HEADER + "".join(lines))
    assert world.sync(PEOPLE).objects[0].rejected == 3
    assert [row[0] for row in world.rows("person_record", "record_key")] == ["1", "3", "5", "7"]
    found = [row for row in world.rows("rejected", "reason", "detail") if "line" in str(row[1])]
    assert found == [
        ("ragged_row", "people.csv line 3"), ("ragged_row", "people.csv line 7"), ("stray_quote", "people.csv line 5"),
    ]  # fmt: skip


def test_wrong_encodings_are_repaired_and_counted(world: World) -> None:
    """A byte-order mark is no part of a name; Windows-1252 and UTF-8 encoded twice are put right, and counted."""
    good = JAN.replace("Jan;", "José;")
    cp1252 = good.replace("1;", "2;", 1).encode("cp1252")
    twice = good.replace("1;", "3;", 1).encode().decode("latin-1").encode()
    world.write("people.csv", b"\xef\xbb\xbf" + HEADER.encode() + good.encode() + cp1252 + twice)
    report = world.sync(PEOPLE).objects[0]
    assert report.repaired == {"cp1252": 1, "mojibake": 1}
    assert world.rows("person_record", "first_name") == [("José",)] * 3


def test_impossible_values_become_null_and_the_row_stays(world: World) -> None:
    """Dates of 1600 and 2200, a birth date to come, no address and no number: null, kept aside, and counted."""
    bad = [
        JAN.replace("31-01-1980", "31-01-1600"),
        JAN.replace("1;", "2;", 1).replace("31-01-1980", "31-01-2200"),
        JAN.replace("1;", "3;", 1).replace("31-01-1980", "31-02-1980"),
        JAN.replace("1;", "4;", 1).replace("Jan@X.nl", "jan at x").replace("06-12345678", "12"),
        JAN.replace("1;", "5;", 1).replace("31-01-1980", "31-01-2030"),
    ]
    world.write("people.csv", HEADER + "".join(bad))
    report = world.sync(PEOPLE).objects[0]
    assert report.lost == {"impossible_date": 3, "bad_date": 1, "bad_email": 1, "bad_phone": 1}
    assert [row[1] for row in world.rows("person_record", "record_key", "birth_date")][:3] == [None] * 3
    assert ("impossible_date", "people.csv line 2, column born", "31-01-1600 00:00:00") not in world.rows(
        "rejected", "reason", "detail", "body"
    )
    assert ("impossible_date", "people.csv line 2, column born", "31-01-1600") in world.rows(
        "rejected", "reason", "detail", "body"
    )


def test_lines_and_returns_are_of_whom_their_order_is_of(world: World) -> None:
    """Orders come before lines; lines and returns take customer and moment from their order; money is exact."""
    world.write("orders.csv", 'order,customer,at,total,colour\nA,7,2026-01-02T03:04:05Z,"1.234,56",red\nB,,,x,\n')
    world.write("returns.csv", "return,order,back,at\nR,A,12.345,2026-01-09\n")
    lines = {"order": ["A", "A", "Z"], "line": [1, 2, 1], "count": [2, 1, 1], "cents": [1999, 5, 7]}
    pq.write_table(pa.table(lines), world.folder / "lines.parquet")
    reports = {report.object: report for report in world.sync(ORDERS).objects}
    assert list(reports) == ["order", "order_line", "return"]
    assert reports["order_line"].nobody == 1
    assert reports["order"].lost == {"bad_money": 1}
    kinds = world.rows("orders", "record_key", "kind", "amount_micros", "currency", "extra")
    assert kinds == [
        ("A", "order", 1_234_560_000, "EUR", '{"colour":"red"}'), ("B", "order", None, "EUR", "{}"),
        ("R", "return", -12_345_000, "EUR", '{"order_key":"A"}'),
    ]  # fmt: skip
    owner = dict(world.rows("orders", "record_key", "identity_id"))
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)
    assert world.rows("order_line", "record_key", "identity_id", "at", "unit_price_micros", "amount_micros") == [
        ("A|1", owner["A"], moment, 19_990_000, 39_980_000), ("A|2", owner["A"], moment, 50_000, 50_000),
        ("Z|1", None, None, 70_000, 70_000),
    ]  # fmt: skip
    assert owner["R"] == owner["A"]
    assert read_catalogue(world.state).objects["order"].fields["colour"].label.nl == "Kleur"


def test_a_web_source_keeps_only_a_digest_of_its_key(world: World) -> None:
    """A write key is stored as its SHA-256: the key itself is nowhere in state but in the mapping's own text."""
    text = 'source = "site"\nname = {nl = "S", en = "S"}\ntype = "web"\nwrite_key = "wk_1"\n'
    assert world.sync(text, "site.toml").mode == "web"
    with world.state.read() as connection:
        rows = connection.execute(write_key.select()).mappings().all()
    assert [(row["source"], len(row["digest"]), "wk_1" in row["digest"]) for row in rows] == [("site", 64, False)]


def test_a_missing_file_and_an_unknown_source_are_told(world: World) -> None:
    """What is not there is named."""
    with pytest.raises(Unavailable, match=r"people\.csv is not there"):
        world.sync(PEOPLE)
    with pytest.raises(NotFound, match="did you mean shop"):
        world.sources.sync("shopp", world.now)


def test_an_unknown_type_of_source_is_told(world: World) -> None:
    """A type that no package offers is refused with those that are offered."""
    with pytest.raises(MappingError, match="sqlite"):
        world.sync(PEOPLE.replace('"files"', '"sqlight"\ndatabase = "x.db"'))


def test_duplicate_keys_in_one_file_keep_the_last(world: World) -> None:
    """Of two lines with one key the later corrects the earlier."""
    world.write("people.csv", HEADER + JAN + JAN.replace("Jan;", "Johan;"))
    world.sync(PEOPLE)
    assert world.rows("person_record", "record_key", "first_name", "until_batch") == [("1", "Johan", None)]


def test_a_collision_of_ids_is_never_passed_over(world: World) -> None:
    """Should two keys ever have one id, the import stops and says so, and nothing of the chunk is written."""
    world.write("people.csv", HEADER + JAN)
    world.sync(PEOPLE)
    rows = world.facts.read(table("identity")).to_pylist()
    with world.facts.write() as batch:
        batch.delete("identity", "kind", pa.array(["phone"]))
        taken = [{**row, "value": "+31600000000"} for row in rows if row["kind"] == "phone"]
        batch.append("identity", pa.Table.from_pylist(taken).drop_columns(["batch"]))
    world.write("people.csv", HEADER + JAN + JAN.replace("1;Jan", "2;Piet"))
    with pytest.raises(Collision):
        world.sync(PEOPLE)
    assert [row[0] for row in world.rows("person_record", "record_key")] == ["1"]


def test_a_person_with_no_usable_key_is_kept_apart(world: World) -> None:
    """Someone whose only address is none is kept as a record of nobody, and counted."""
    text = PEOPLE.replace('"customer:shop" = "no"\n', "").replace('phone = "phone"\n', "")
    world.write(
        "people.csv", HEADER + JAN + JAN.replace("1;", "2;", 1).replace("Jan@X.nl", "none").replace("jan2@x.nl", "-")
    )
    report = world.sync(text).objects[0]
    assert (report.fresh, report.nobody, report.lost) == (2, 1, {"bad_email": 2})
    assert [row[1] is None for row in world.rows("person_record", "record_key", "identity_id")] == [False, True]


def test_a_web_site_is_as_fresh_as_its_last_event(world: World) -> None:
    """A site is never synced: it is listed with when it was heard last; one that was never heard has no moment."""
    for key in ("garden", "kitchen"):
        named = f'source = "{key}"\nname = {{ nl = "{key}", en = "{key}" }}\ntype = "web"\n'
        text = f'{named}write_key = "{key}-key"\nhosts = ["{key}.example"]\n'
        world.sources.add(world.write(f"{key}.toml", text), world.now)
    at = datetime(2026, 11, 24, 10)  # noqa: DTZ001 - naive UTC, as in the stores
    rows = [
        {
            "message_id": str(hours),
            "identity_id": 1,
            "type": "page",
            "source": "garden",
            "received_at": at - timedelta(hours=hours),
        }
        for hours in (3, 0, 7)
    ]
    with world.facts.write() as batch:
        batch.append("event_tail", pa.Table.from_pylist(rows))
    found = {each.source: (each.mode, each.synced_at) for each in world.sources.list()}
    assert found == {"garden": ("web", at.replace(tzinfo=UTC)), "kitchen": ("web", None)}
