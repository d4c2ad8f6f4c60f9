"""The public lists that names and places are drawn from (see ``demo/data/README.md`` for sources and licences)."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

import msgspec
import numpy as np

DECADES = tuple(range(1930, 2010, 10))


class FirstNames(msgspec.Struct, frozen=True):
    """The names of one sex and decade, with the chance of each."""

    names: list[str]
    chance: np.ndarray


class Place(msgspec.Struct, frozen=True):
    """A postcode of four digits and where it is."""

    postcode: str
    name: str


def _rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file in the data folder."""
    text = resources.files("helder.demo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _chances(counts: list[int]) -> np.ndarray:
    """Return counts as chances that add up to one."""
    weights = np.array(counts, dtype=np.float64)
    return weights / weights.sum()


@cache
def first_names() -> dict[tuple[str, int], FirstNames]:
    """Return the first names by (sex "M" or "F", decade of birth)."""
    found: dict[tuple[str, int], list[dict[str, str]]] = {}
    for row in _rows("first_names.csv"):
        found.setdefault((row["sex"], int(row["decade"])), []).append(row)
    return {
        key: FirstNames([row["name"] for row in rows], _chances([int(row["count"]) for row in rows]))
        for key, rows in found.items()
    }


@cache
def family_names() -> tuple[list[tuple[str, str]], np.ndarray]:
    """Return family names as (tussenvoegsel, surname), and the chance of each."""
    rows = _rows("family_names.csv")
    return [(row["infix"], row["surname"]) for row in rows], _chances([int(row["count"]) for row in rows])


@cache
def places() -> list[Place]:
    """Return the postcodes with their places."""
    return [Place(row["postcode"], row["place"]) for row in _rows("postcodes.csv")]


@cache
def crawlers() -> list[str]:
    """Return real user agents of crawlers."""
    text = resources.files("helder.demo").joinpath("data", "crawlers.txt").read_text(encoding="utf-8")
    return text.splitlines()
