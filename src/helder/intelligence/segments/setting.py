"""What leaves are compiled against, and what they are compiled to."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from ibis.expr.types import Table

from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.vocabulary import Catalogue
from helder.store.facts.schema import table

Tables = Callable[[str], Table]
"""Gives the table of a name: the facts' own, or a small one of the same shape."""


class Setting(msgspec.Struct, frozen=True):
    """What a leaf is compiled against."""

    moments: Moments
    catalogue: Catalogue
    dialect: str = "duckdb"
    tables: Tables = table
    soft_opt_in: frozenset[str] = frozenset()
    """Purposes for which existing customers may be written to without having said yes."""


class Question(msgspec.Struct, frozen=True):
    """What a leaf asks, in two parts with the step from identities to profiles in between.

    ``rows`` has a column ``identity_id`` (or ``profile_id`` at once). Each row gets the profile of its identity: in
    memory, where that is a lookup of a few milliseconds (``index``), or by a join (``whole``). ``finish`` then makes
    of those rows, with ``profile_id`` in the place of ``identity_id``, the rows of the profiles for which the leaf
    holds; without it all of them are.

    A profile may come twice. With a column ``against`` (boolean) a profile with such a row is out, whatever its other
    rows say. With ``complement`` the leaf holds for all but those: "never did X" is everyone but those who did.
    """

    rows: Table
    finish: Callable[[Table], Table] | None = None
    complement: bool = False


def whole(question: Question, tables: Tables) -> Table:
    """Return ``question`` as one expression, for an engine that answers it without an index in memory."""
    rows = question.rows
    if "identity_id" in rows.columns:
        rows = of_profiles(rows, tables)
    return question.finish(rows) if question.finish else rows


def of_profiles(rows: Table, tables: Tables) -> Table:
    """Return ``rows`` (with identity_id) with the profile_id of each; rows of identities without a profile fall out."""
    who = tables("identity_profile").select(who_id="identity_id", profile_id="profile_id")
    return rows.join(who, rows.identity_id == who.who_id).drop("who_id", "identity_id")
