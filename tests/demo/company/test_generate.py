from __future__ import annotations

import csv
import hashlib
import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from helder.demo.company import Company, generate, open_company
from helder.demo.faults import DemoFault

AS_OF = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def digests(folder: Path) -> dict[str, str]:
    """Return a digest of every file."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a clean CSV file."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        return list(csv.DictReader(file))


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Two processes with different hash seeds make the same files, and another seed makes others."""
    program = (
        "import sys, pathlib, datetime; from helder.demo.company import generate\n"
        "generate(pathlib.Path(sys.argv[1]), 200, int(sys.argv[2]),"
        " datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC))"
    )
    for name, seed, hashing in (("a", "3", "1"), ("b", "3", "2"), ("c", "4", "1")):
        command = [sys.executable, "-c", program, str(tmp_path / name), seed]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": hashing})
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a")["truth/people.csv"] != digests(tmp_path / "c")["truth/people.csv"]


def test_what_lies_in_the_folder_is_begun_anew(tmp_path: Path) -> None:
    """A second company in the same folder leaves nothing of the first."""
    generate(tmp_path, 40, 1, AS_OF)
    (tmp_path / "mails" / "old.eml").write_text("old")
    generate(tmp_path, 40, 2, AS_OF)
    assert not (tmp_path / "mails" / "old.eml").exists()


@pytest.mark.parametrize("people", [1, 2, 7])
def test_even_a_handful_of_people_make_a_company(tmp_path: Path, people: int) -> None:
    """The smallest companies have all their files."""
    made = generate(tmp_path, people, 1, AS_OF)
    assert len(table(made.truth / "people.csv")) == people
    assert (made.sources / "lines.parquet").exists()


@pytest.mark.parametrize(("people", "seed", "as_of"), [(0, 1, AS_OF), (5, -1, AS_OF), (5, 1, datetime(2026, 1, 1))])  # noqa: DTZ001 - the fault
def test_senseless_arguments_are_refused(tmp_path: Path, people: int, seed: int, as_of: datetime) -> None:
    """Nobody, a negative seed, or a moment without a zone is a fault, before any file is touched."""
    with pytest.raises(DemoFault):
        generate(tmp_path, people, seed, as_of)
    assert not list(tmp_path.iterdir())


def test_chunks_do_not_depend_on_how_many_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A larger company begins with the same people as a smaller one, and numbers stay unique across chunks."""
    monkeypatch.setattr("helder.demo.company.rates.CHUNK", 100)
    one, three = generate(tmp_path / "1", 100, 9, AS_OF), generate(tmp_path / "3", 300, 9, AS_OF)
    assert table(three.truth / "people.csv")[:100] == table(one.truth / "people.csv")
    for name, key in (("customers", "customer_no"), ("subscribers", "subscriber_no"), ("orders", "order_no")):
        numbers = [row[key] for row in table(three.sources / f"{name}.csv")]
        assert len(numbers) == len(set(numbers)) > 0


def test_the_truth_lies_apart_from_what_helder_sees(company: Company) -> None:
    """No source file holds a person's true number beside a record, and the folders are separate."""
    headers = [set(row) for path in company.sources.glob("*.csv") for row in table(path)[:1]]
    assert all("person" not in header for header in headers)
    assert not (set(company.sources.iterdir()) & set(company.truth.iterdir()))


def test_what_was_made_can_be_opened_where_it_lies(company: Company) -> None:
    """The description of a company is found by its folder alone."""
    assert open_company(Path(company.folder)) == company


def test_there_is_enough_traffic_and_the_right_share_of_it_is_crawlers(company: Company) -> None:
    """At least twelve events a person, 5% of them from crawlers, all before the company's moment."""
    lines = (company.traffic / "events.jsonl").read_bytes().splitlines()
    events = [json.loads(line.partition(b"\t")[2]) for line in lines]
    assert len(events) == company.events >= 12 * company.people
    assert 0.045 < sum(each["anonymousId"].startswith("bot-") for each in events) / len(events) < 0.055
    assert len({each["messageId"] for each in events}) == len(events)
    straight = [
        each["timestamp"] for each, line in zip(events, lines, strict=True) if line.partition(b"\t")[0].endswith(b" 0")
    ]
    assert straight == sorted(straight)
    assert max(straight) < AS_OF.isoformat()


def test_clocks_are_off_by_two_days_at_most_and_alone(company: Company) -> None:
    """Events of browsers with a wrong clock travel alone, since a batch has one moment of sending."""
    heads = [line.partition(b"\t")[0] for line in (company.traffic / "events.jsonl").read_bytes().splitlines()]
    skews = [(int(head[4:]), head[2:3]) for head in heads]
    off = [(skew, alone) for skew, alone in skews if skew]
    assert 0.005 < len(off) / len(skews) < 0.05
    assert all(abs(skew) <= 2 * 86_400 and alone == b"1" for skew, alone in off)


def test_the_erp_is_a_database_in_use_with_gifts_trials_and_indexes(company: Company) -> None:
    """Payers differ from readers for gifts only, every title is there, and look-ups have an index."""
    with closing(sqlite3.connect(company.erp)) as erp:
        assert erp.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        kinds = Counter(kind for (kind,) in erp.execute("SELECT kind FROM subscriptions"))
        assert set(kinds) == {"paid", "gift", "trial"}
        assert erp.execute(
            "SELECT count(*) FROM subscriptions WHERE kind <> 'gift' AND payer_no <> reader_no"
        ).fetchone() == (0,)
        plan = erp.execute("EXPLAIN QUERY PLAN SELECT 1 FROM workshop_orders WHERE customer_no = 'K1'").fetchone()
        assert "USING COVERING INDEX workshop_orders_customer" in plan[3]


def test_files_have_a_byte_order_mark_and_two_wrong_encodings(tmp_path: Path) -> None:
    """Subscribers mix two encodings, accounts begin with a mark and hold text that was encoded twice."""
    made = generate(tmp_path, 4000, 2, AS_OF)
    customers, subscribers = (
        (made.sources / "customers.csv").read_bytes(),
        (made.sources / "subscribers.csv").read_bytes(),
    )
    assert customers.startswith(b"\xef\xbb\xbf")
    assert "Ã" in customers.decode("utf-8-sig")
    broken = [line for line in subscribers.splitlines() if not _is_utf8(line)]
    assert broken
    assert all(line.decode("cp1252") for line in broken)
    accents = [line for line in subscribers.splitlines() if _is_utf8(line) and not line.isascii()]
    assert len(accents) > len(broken)
    assert any(mark in subscribers.decode(errors="replace") for mark in "🌷🌻🍓🥾💚")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_orders_add_up_from_their_lines(company: Company) -> None:
    """The total of every order is the sum of its lines, and returns name a line that exists."""
    lines = pq.read_table(company.sources / "lines.parquet").to_pylist()
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line["order_no"]] += line["aantal"] * line["prijs_cent"]
    assert {row["order_no"]: int(row["totaal_cent"]) for row in table(company.sources / "orders.csv")} == totals
    known = {(line["order_no"], line["line_no"]) for line in lines}
    returns = table(company.sources / "returns.csv")
    assert returns
    assert {(row["order_no"], int(row["line_no"])) for row in returns} <= known
