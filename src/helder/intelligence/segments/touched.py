"""Who may have changed: the profiles with new rows, and those who are due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import reduce

import msgspec
import numpy as np
from ibis.expr.types import BooleanColumn, Table

from helder.intelligence.segments.behaviour import PAGE
from helder.intelligence.segments.due import due
from helder.intelligence.segments.index import Ids, column
from helder.intelligence.segments.rule import Aggregate, Behaviour, Leaf, Permission, Sequence
from helder.intelligence.segments.setting import Setting, of_profiles
from helder.store.facts.protocol import Reader


class Moved(msgspec.Struct, frozen=True):
    """How facts and time moved on: batches ``(after, upto]``, and time ``(since, at]`` (naive UTC)."""

    after: int
    upto: int
    since: datetime
    at: datetime


def touched(reader: Reader, leaves: Iterable[Leaf], setting: Setting, after: int, upto: int) -> Ids:
    """Return the profiles with rows of batches ``(after, upto]`` that one of ``leaves`` may look at, ascending."""
    leaves = list(leaves)
    found = [
        _identities(_fresh(setting.tables(name), after, upto), setting) for name in sorted(_tables(leaves, setting))
    ]
    names = _event_names(leaves)
    if names:
        events = setting.tables("every_event")
        wanted = events.name.isin(sorted(names))
        wanted = wanted | (events.type == "page") if PAGE in names else wanted
        found.append(_identities(_fresh(events, after, upto).filter(wanted), setting))
    derived = (setting.tables(name) for name in ("identity_profile", "profile"))
    found += [_fresh(rows, after, upto).select("profile_id") for rows in derived]
    return _distinct(reader, found)


def due_profiles(reader: Reader, leaves: Iterable[Leaf], setting: Setting, after: datetime, upto: datetime) -> Ids:
    """Return the profiles whose answer to one of ``leaves`` may change in ``(after, upto]`` by itself, ascending."""
    return _distinct(reader, [expr for leaf in leaves for expr in due(leaf, setting, after, upto)])


def _tables(leaves: list[Leaf], setting: Setting) -> set[str]:
    """Return the tables of records that the leaves look at."""
    found = {setting.catalogue.objects[leaf.object].table for leaf in leaves if isinstance(leaf, Aggregate)}
    for leaf in leaves:
        if isinstance(leaf, Permission):
            found |= {"consent", *(("orders", "subscription") if leaf.purpose in setting.soft_opt_in else ())}
    return found - {"every_event", "event"}


def _event_names(leaves: list[Leaf]) -> set[str]:
    """Return the names of the events that the leaves look at."""
    names = {leaf.event for leaf in leaves if isinstance(leaf, Behaviour)}
    return names.union(*({leaf.first, leaf.then} for leaf in leaves if isinstance(leaf, Sequence)))


def _fresh(rows: Table, after: int, upto: int) -> Table:
    """Return the rows that came, or that a newer version ended, in batches ``(after, upto]``."""
    new = _between(rows, "batch", after, upto)
    return rows.filter(new | _between(rows, "until_batch", after, upto) if "until_batch" in rows.columns else new)


def _between(rows: Table, name: str, after: int, upto: int) -> BooleanColumn:
    return (rows[name] > after) & (rows[name] <= upto)


def _identities(rows: Table, setting: Setting) -> Table:
    return of_profiles(rows.select("identity_id").distinct(), setting.tables).select("profile_id")


def _distinct(reader: Reader, exprs: list[Table]) -> Ids:
    """Return the profile ids of all expressions, asked at once."""
    if not exprs:
        return np.empty(0, np.int64)
    return np.unique(column(reader.read(reduce(lambda a, b: a.union(b), exprs)), "profile_id"))
