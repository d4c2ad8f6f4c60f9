"""Reads the evidence on who is who out of the facts: all of it, or what bears on some identities."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from helder.integrate.evidence import DECIDED, SAME_NAME, Evidence, Flags, Ints, Links, Names, strongest
from helder.store.facts.protocol import Batch, Reader
from helder.store.facts.schema import table

Decisions: TypeAlias = tuple[list[tuple[int, int]], list[tuple[int, int]]]
"""Pairs of identity ids: joined, and parted."""
_EPOCH = "1970-01-01T00:00:00"


def whole_evidence(reader: Reader | Batch) -> Evidence:
    """Return all evidence."""
    return _evidence(
        reader.read(identities_of(table("identity"))),
        reader.read(_links()),
        reader.read(_in_order(_names())),
        decisions(reader),
    )


def evidence_on(reader: Reader | Batch, ids: Ints, links: pa.Table, decided: Decisions) -> Evidence:
    """Return evidence on ``ids`` (ascending) with the ``links`` and decisions that were read before."""
    wanted = pa.table({"identity_id": pa.array(ids, pa.int64())})
    return _evidence(
        reader.read(_wanted_identities(), wanted=wanted),
        links,
        reader.read(_wanted_names(), wanted=wanted),
        decided,
    )


@cache
def wanted_ids() -> Table:
    """Return the small table ``wanted`` of identity ids."""
    return ibis.table({"identity_id": "int64"}, name="wanted")


def identities_of(rows: Table) -> Table:
    """Return each identity once: an identity may have been noted twice, from two sides; the earlier moment holds."""
    return rows.group_by("identity_id").aggregate(kind=rows.kind.min(), first_seen=rows.first_seen.min())


@cache
def _links() -> Table:
    link = table("link")
    return link.filter((link.strength > 0) & (link.strength < DECIDED)).select("a", "b", "reason", "strength")


@cache
def links_touching() -> Table:
    """Return the links of which an end is in the small table ``wanted``."""
    links, wanted = _links(), wanted_ids()
    return ibis.union(
        links.semi_join(wanted, links.a == wanted.identity_id),
        links.semi_join(wanted, links.b == wanted.identity_id),
        distinct=False,
    )


@cache
def _wanted_identities() -> Table:
    return identities_of(table("identity").semi_join(wanted_ids(), "identity_id"))


@cache
def _wanted_names() -> Table:
    return _in_order(_names().semi_join(wanted_ids(), "identity_id"))


@cache
def _names() -> Table:
    rows = table("name_key").select("identity_id", "surname_key", "first_key", "initial_key", "near")
    return rows.distinct()


def _in_order(names: Table) -> Table:
    return names.order_by("identity_id", "surname_key", "first_key", "initial_key")


def decisions(reader: Reader | Batch) -> Decisions:
    """Return the pairs that people joined and parted, as their last decision on each stands.

    Undoing a cut is noted as a link of strength 0, undoing a link as a cut with the reason ``undo_link``: rows are only
    added.
    """
    told = reader.read(_decided()).to_pylist()
    rows = sorted(told, key=lambda row: (row["at"], row["batch"], "undo" in row["reason"], row["reason"]))
    links: dict[tuple[int, int], bool] = {}
    cuts: dict[tuple[int, int], bool] = {}
    for row in rows:
        pair = (row["a"], row["b"])
        if row["reason"] in {"undo_cut", "cut:undo_link"}:
            (cuts if row["reason"] == "undo_cut" else links)[pair] = False
        else:
            (cuts if row["reason"].startswith("cut:") else links)[pair] = True
    return [pair for pair, holds in links.items() if holds], [pair for pair, holds in cuts.items() if holds]


@cache
def _decided() -> Table:
    link, cut = table("link"), table("cut")
    joined = link.filter((link.strength == 0) | (link.strength >= DECIDED)).select("a", "b", "reason", "at", "batch")
    return ibis.union(joined, cut.select("a", "b", "reason", "at", "batch").mutate(reason="cut:" + cut.reason))


def _evidence(
    identities: pa.Table,
    links: pa.Table,
    names: pa.Table,
    decided: Decisions,
) -> Evidence:
    """Return tables as arrays by place."""
    ids = identities["identity_id"].to_numpy()
    order = np.argsort(ids, kind="stable")
    ids = ids[order]
    kinds, kind = _coded(identities["kind"])
    seen = pc.cast(pc.cast(identities["first_seen"], pa.timestamp("us")), pa.int64()).to_numpy()
    joined, parted = decided
    reasons, made = _link_arrays(ids, links, joined)
    return Evidence(
        ids=ids,
        kind=kind[order],
        kinds=kinds,
        first_seen=seen[order],
        links=strongest(made),
        reasons=reasons,
        cuts=frozenset((min(a, b), max(a, b)) for a, b in _placed(ids, parted)),
        names=_name_arrays(ids, names),
    )


def _link_arrays(ids: Ints, links: pa.Table, decided: list[tuple[int, int]]) -> tuple[tuple[str, ...], Links]:
    """Return the reasons and the links, those that people decided among them."""
    reasons, reason = _coded(links["reason"], ("decision", SAME_NAME))
    a, there_a = _places(ids, links["a"].to_numpy())
    b, there_b = _places(ids, links["b"].to_numpy())
    there = there_a & there_b
    extra = np.array(_placed(ids, decided), np.int64).reshape(-1, 2)
    count = len(extra)
    return reasons, Links(
        np.r_[a[there], extra[:, 0]],
        np.r_[b[there], extra[:, 1]],
        np.r_[links["strength"].to_numpy().astype(np.int64)[there], np.full(count, DECIDED, np.int64)],
        np.r_[reason[there], np.full(count, reasons.index("decision"), np.int64)],
    )


def _name_arrays(ids: Ints, names: pa.Table) -> Names:
    """Return the distinct names by place; ``names`` are distinct and in order."""
    place, there = _places(ids, names["identity_id"].to_numpy())
    columns = [names[name].to_numpy()[there] for name in ("surname_key", "first_key", "initial_key")]
    return Names(place[there], *columns, near=_Texts(names["near"].filter(pa.array(there)).combine_chunks()))


class _Texts(Sequence[str]):
    """A column of text that is only read where it is looked at."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: int) -> str:  # type: ignore[override] - slices are not asked for
        return self._column[int(at)].as_py() or ""


def _coded(column: pa.ChunkedArray, more: Sequence[str] = ()) -> tuple[tuple[str, ...], Ints]:
    """Return the distinct texts in order of the alphabet, and the place of each row's among them."""
    encoded = pc.dictionary_encode(column.combine_chunks() if column.num_chunks != 1 else column.chunk(0))
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    texts = encoded.dictionary.to_pylist()
    known = tuple(sorted({*texts, *more}))
    code = np.array([known.index(text) for text in texts] or [0], np.int64)
    return known, code[encoded.indices.to_numpy(zero_copy_only=False)]


def _places(ids: Ints, wanted: Ints) -> tuple[Ints, Flags]:
    """Return where each of ``wanted`` stands in ``ids``, and whether it is there."""
    if not len(ids):
        return np.zeros(len(wanted), np.int64), np.zeros(len(wanted), bool)
    # In order: millions of look-ups at random would each miss the processor's cache.
    order = np.argsort(wanted, kind="stable")
    at = np.empty(len(wanted), np.int64)
    at[order] = np.searchsorted(ids, wanted[order])
    at[at == len(ids)] = 0
    return at, ids[at] == wanted


def _placed(ids: Ints, pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return pairs of ids as pairs of places, without those that are not known."""
    if not pairs:
        return []
    place, there = _places(ids, np.array(pairs, np.int64).reshape(-1))
    return [
        (int(a), int(b))
        for (a, b), known in zip(place.reshape(-1, 2), there.reshape(-1, 2), strict=True)
        if known.all()
    ]
