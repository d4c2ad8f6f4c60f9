"""Which identities new evidence can regroup, and all the evidence that bears on them.

The scope is closed: no link that the guards follow leads out of it, and every key next to it is judged over all its
links. So grouping the scope gives its members what grouping everything would.
"""

from __future__ import annotations

from functools import cache

import ibis
import msgspec
import numpy as np
import pyarrow as pa
from ibis.expr.types import Table, Value
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helder.integrate.evidence import Evidence, Flags, Ints
from helder.integrate.grouping import Groups, group
from helder.integrate.guards import CROWDED
from helder.integrate.identifiers import is_anchor
from helder.integrate.loading import Decisions, decisions, evidence_on, links_touching, wanted_ids
from helder.store.facts.protocol import Reader
from helder.store.facts.schema import table

_PLENTY = 3 * CROWDED
"""A key with more links than this, besides the new ones, stays crowded: its neighbours need no second look."""


class Scope(msgspec.Struct, frozen=True):
    """What is to be regrouped, regrouped."""

    members: Ints
    """Identity ids whose profile may have changed, ascending."""
    groups: Groups
    """Profiles of the members, and of others near them that do not count."""


def regrouped(reader: Reader, seeds: Ints) -> Scope:
    """Return the scope of ``seeds``: identities with new links, cuts, names, or new themselves."""
    members = np.union1d(seeds, _beside_touched_keys(reader, seeds))
    members = np.union1d(members, _old_members(reader, members))
    decided = decisions(reader)
    while True:
        known = _evidence_about(reader, members, decided)
        groups = group(known)
        reached = np.setdiff1d(_reached(known, groups, members), members)
        if not len(reached):
            return Scope(members, groups)
        # Members hold whole old profiles, so only those reached can bring more.
        members = np.union1d(members, np.union1d(reached, _old_members(reader, reached)))


def _beside_touched_keys(reader: Reader, seeds: Ints) -> Ints:
    """Return the neighbours of each key that is or has new evidence: its verdict may have changed."""
    links = reader.read(links_touching(), wanted=_ids(seeds))
    ends = np.union1d(links["a"].to_numpy(), links["b"].to_numpy())
    keys = np.setdiff1d(np.union1d(ends, seeds), _anchors(reader, np.union1d(ends, seeds)))
    if not len(keys):
        return ends
    around = reader.read(links_touching(), wanted=_ids(keys))
    a, b = around["a"].to_numpy(), around["b"].to_numpy()
    crowded = _crowded(np.concatenate([a, b]), keys, len(seeds))
    kept = (np.isin(a, keys) & ~np.isin(a, crowded)) | (np.isin(b, keys) & ~np.isin(b, crowded))
    return np.union1d(ends, np.union1d(a[kept], b[kept]))


def _crowded(ends: Ints, keys: Ints, new: int) -> Ints:
    """Return the keys that were far too crowded before the new evidence came."""
    met, count = np.unique(ends[np.isin(ends, keys)], return_counts=True)
    return met[count > _PLENTY + new]


def _evidence_about(reader: Reader, members: Ints, decided: Decisions) -> Evidence:
    """Return the evidence on ``members``: their links, and all links of every key among or beside them.

    What people joined counts as a link, also when a cut refuses it: whom it leads to shares no profile with them.
    """
    joined = np.array(decided[0], np.int64).reshape(-1, 2)
    asked = members
    while True:
        links = reader.read(links_touching(), wanted=_ids(asked))
        beside = joined[np.isin(joined, asked).any(axis=1)].ravel()
        ends = np.unique(np.concatenate([asked, links["a"].to_numpy(), links["b"].to_numpy(), beside]))
        missing = np.setdiff1d(np.setdiff1d(ends, _anchors(reader, ends)), asked)
        if not len(missing):
            return evidence_on(reader, ends, links, decided)
        asked = np.union1d(asked, missing)


def _anchors(reader: Reader, ids: Ints) -> Ints:
    """Return those of ``ids`` that are accounts."""
    rows = reader.read(_kinds(), wanted=_ids(ids))
    kinds = {kind for kind in rows["kind"].unique().to_pylist() if is_anchor(kind)}
    chosen = np.array([kind in kinds for kind in rows["kind"].to_pylist()], bool)
    return rows["identity_id"].to_numpy()[chosen]


@cache
def _kinds() -> Table:
    return table("identity").semi_join(wanted_ids(), "identity_id").select("identity_id", "kind").distinct()


def _reached(known: Evidence, groups: Groups, members: Ints) -> Ints:
    """Return the identities that followed links connect with ``members``."""
    size = len(known.ids)
    matrix = coo_array((np.ones(len(groups.followed), np.int8), (groups.followed.a, groups.followed.b)), (size, size))
    labels = connected_components(matrix, directed=False)[1]
    inside: Flags = np.isin(labels, labels[np.isin(known.ids, members)])
    return np.union1d(members, known.ids[inside])


def _old_members(reader: Reader, members: Ints) -> Ints:
    """Return everyone who shared a profile with one of ``members`` until now."""
    return reader.read(_companions(), wanted=_ids(members))["identity_id"].to_numpy()


@cache
def _companions() -> Table:
    mine = table("identity_profile")
    profiles = mine.semi_join(wanted_ids(), "identity_id").select("profile_id").distinct()
    return mine.semi_join(profiles, "profile_id").select("identity_id")


def _ids(ids: Ints) -> pa.Table:
    return pa.table({"identity_id": pa.array(ids, pa.int64())})


@cache
def touched_ids() -> Table:
    """Return the expression of the identities with evidence in the batches ``(after, upto]`` of the table ``range``."""
    named = {"identity": ["identity_id"], "link": ["a", "b"], "cut": ["a", "b"], "name_key": ["identity_id"]}
    parts: list[Table] = []
    for name, columns in named.items():
        rows = in_range(table(name))
        parts += [rows.select(identity_id=rows[column]) for column in columns]
    return ibis.union(*parts, distinct=True)


def in_range(rows: Table) -> Table:
    """Return the rows written in the batches ``(after, upto]`` of the small table ``range``."""
    return rows.filter(within(rows.batch))


def within(batch: Value) -> Value:
    """Return whether ``batch`` lies in the small table ``range``."""
    bounds = ibis.table({"after": "int64", "upto": "int64"}, name="range")
    return (batch > bounds.after.as_scalar()) & (batch <= bounds.upto.as_scalar())
