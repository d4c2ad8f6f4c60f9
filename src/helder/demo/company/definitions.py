"""The mapping files of the five sources, and the company's goal: what its people would have written themselves.

They lie as they are in ``demo/definitions``; what differs by site, secret or date is filled in.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import resources
from pathlib import Path
from string import Template

from helder.demo.company.layout import HOSTS, LINK_SECRET, SITES, WRITE_KEYS

NAMES = ("Tuin & Seizoen", "De Keukentafel", "Het Lange Pad")


def write(folder: Path, as_of: datetime) -> None:
    """Write all mapping files and the goal into ``folder``.

    The goal is for the next 15 December; places count from a few days before ``as_of``.
    """
    for name in ("erp", "shop", "service"):
        _fill(folder / f"{name}.toml", name)
    _fill(folder / "newsletter.toml", "newsletter", link_secret=LINK_SECRET)
    for source, title, write_key, host in zip(SITES, NAMES, WRITE_KEYS, HOSTS, strict=True):
        _fill(folder / f"{source}.toml", "site", source=source, title=title, write_key=write_key, host=host)
    by = date(as_of.year, 12, 15)
    by = by if as_of.date() < by else date(as_of.year + 1, 12, 15)
    since = as_of.date() - timedelta(days=3)
    _fill(folder / "goal.toml", "goal", by=by.isoformat(), since=since.isoformat())


def _fill(path: Path, name: str, **values: str) -> None:
    """Write one definition with its blanks filled in."""
    text = resources.files("helder.demo").joinpath("definitions", f"{name}.toml").read_text(encoding="utf-8")
    path.write_text(Template(text).substitute(values), encoding="utf-8")
