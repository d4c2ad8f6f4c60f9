"""People seen for the first time, who are linked with nobody: most of what a round finds on a busy web site.

Each is a profile of its own, with nothing in its golden record but when it was seen. That needs neither grouping nor
survivorship, and gives what those would.
"""

from __future__ import annotations

from functools import cache

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from helder.integrate.loading import links_touching, wanted_ids
from helder.store.facts.protocol import Facts, Reader
from helder.store.facts.schema import table

_OTHERS = ("link", "cut", "name_key", "person_record")
"""Tables whose new rows may say who is who, or what somebody is called."""
_SAYING = ("email", "phone")
"""Kinds of identities whose value is part of the golden record."""


class Newcomers(msgspec.Struct, frozen=True):
    """Rows to write."""

    profiles: pa.Table
    """identity_profile: each identity is its own profile."""
    records: pa.Table
    """profile: the golden records."""


def newcomers(facts: Facts, reader: Reader, after: int, upto: int) -> Newcomers | None:
    """Return what to write when the batches (after, upto] bring newcomers and nothing else; else None."""
    fresh = facts.added("identity", after, upto)
    if fresh is None or not fresh.num_rows or _says_more(facts, after, upto):
        return None
    kinds = fresh.column("kind").unique().to_pylist()
    if any(kind in _SAYING for kind in kinds):
        return None
    seen = fresh.group_by("identity_id").aggregate([("first_seen", "min"), ("first_seen", "max")])
    ids = seen.column("identity_id")
    if not _unknown(reader, ids):
        return None
    records = pa.table(
        {"profile_id": ids, "first_seen": seen.column("first_seen_min"), "last_seen": seen.column("first_seen_max")}
    )
    return Newcomers(pa.table({"identity_id": ids, "profile_id": ids}), records)


def _says_more(facts: Facts, after: int, upto: int) -> bool:
    """Tell whether anything else came that bears on who is who, or may have."""
    found = (facts.added(name, after, upto) for name in _OTHERS)
    return any(rows is None or rows.num_rows for rows in found)


def _unknown(reader: Reader, ids: pa.ChunkedArray) -> bool:
    """Tell whether no identity has a profile or a link from before."""
    wanted = pa.table({"identity_id": pc.unique(ids)})
    return not reader.read(_known_before(), wanted=wanted).num_rows


@cache
def _known_before() -> Table:
    placed = table("identity_profile").semi_join(wanted_ids(), "identity_id").select("identity_id")
    return placed.union(links_touching().select(identity_id="a"), distinct=False).limit(1)
