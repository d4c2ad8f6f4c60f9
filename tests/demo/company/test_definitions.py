from __future__ import annotations

import csv
import json
import sqlite3
import tomllib
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from helder.demo.company import Company
from helder.demo.company.definitions import write
from helder.demo.company.layout import HOSTS, LINK_SECRET, SITES, WRITE_KEYS

AS_OF = datetime(2026, 11, 24, tzinfo=UTC)


def columns_of(company: Company, item: dict[str, Any]) -> set[str]:
    """Return the columns that the file or table of a mapped object really has."""
    if "table" in item:
        with closing(sqlite3.connect(company.erp)) as erp:
            return {row[1] for row in erp.execute(f"PRAGMA table_info({item['table']})")}
    path = company.sources / item["path"]
    if path.suffix == ".parquet":
        return set(pq.read_schema(path).names)
    if path.suffix == ".jsonl":
        return {key for line in path.read_text("utf-8").splitlines() for key in json.loads(line)}
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return set(next(csv.reader(file)))


def columns_named(item: dict[str, Any]) -> set[str]:
    """Return the columns that a mapped object names."""
    found = [item["key"], item.get("changed"), *item.get("identifiers", {}).values(), *item["fields"].values()]
    named: set[str] = set()
    for each in found:
        if isinstance(each, dict):
            named |= {each[name] for name in ("column", "times") if name in each}
        else:
            named |= set(each if isinstance(each, list) else [each]) - {None}
    return named


@pytest.mark.parametrize("source", ["erp", "shop", "newsletter", "service"])
def test_every_mapped_column_is_in_the_data(company: Company, source: str) -> None:
    """The mapping files name only columns that the generated files and tables have."""
    mapping = tomllib.loads((company.sources / f"{source}.toml").read_text("utf-8"))
    assert mapping["source"] == source
    assert mapping["object"]
    for item in mapping["object"]:
        assert columns_named(item) <= columns_of(company, item), item["object"]


def test_each_site_has_its_own_host_and_key(tmp_path: Path) -> None:
    """Three sites, three hosts, three write keys; and the newsletter signs with the secret that the links bear."""
    write(tmp_path, AS_OF)
    found = [tomllib.loads((tmp_path / f"{site}.toml").read_text("utf-8")) for site in SITES]
    assert [each["source"] for each in found] == list(SITES)
    assert [each["hosts"] for each in found] == [[host] for host in HOSTS]
    assert [each["write_key"] for each in found] == list(WRITE_KEYS)
    assert tomllib.loads((tmp_path / "newsletter.toml").read_text("utf-8"))["link_secret"] == LINK_SECRET


@pytest.mark.parametrize(("day", "by"), [((11, 24), 2026), ((12, 14), 2026), ((12, 15), 2027), ((12, 31), 2027)])
def test_the_goal_is_for_the_next_fifteenth_of_december(tmp_path: Path, day: tuple[int, int], by: int) -> None:
    """400 places for at most four euros each, by a day that is yet to come."""
    write(tmp_path, datetime(2026, *day, tzinfo=UTC))
    goal = tomllib.loads((tmp_path / "goal.toml").read_text("utf-8"))
    assert (goal["target"], goal["max_cost"], goal["by"]) == (400, 4.0, date(by, 12, 15))
    assert goal["needs"]
    assert goal["nice"]
    assert not set(goal["needs"]) & set(goal["nice"])
