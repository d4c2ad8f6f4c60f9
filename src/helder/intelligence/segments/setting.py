"""What leaves are compiled against, and what they are compiled to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import ibis
import msgspec
from ibis.expr.types import Table

from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.rule import Condition
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


class Followed(msgspec.Struct, frozen=True):
    """Some event that ``begins`` has (``negated``: has not) another of its profile in ``(t, t + within]``."""

    within: timedelta
    negated: bool


class Question(msgspec.Struct, frozen=True):
    """What a leaf asks, in two parts with the step from identities to profiles in between.

    ``rows`` has a column ``identity_id`` (or ``profile_id`` at once). Each row gets the profile of its identity: in
    memory, where that is a lookup of a few milliseconds (``index``), or by a join (``whole``). ``finish`` then makes
    of those rows, with ``profile_id`` in the place of ``identity_id``, the rows of the profiles for which the leaf
    holds; without it all of them are.

    A profile may come twice. With ``latest`` the rows are choices (identity_id, at, against): of each identity the last
    one counts (of two at one moment the one against); a profile with a choice against is out, one with a choice for
    is in, and so is one without any whose identity is among ``more``. With ``counted`` there is a row an identity with
    their number ``n``, and the leaf holds for the profiles whose total meets it, of those without rows zero: whoever
    has the rows in memory need not ask ``finish``; nor with ``totalled``, over rows with a whole number
    ``value`` whose total must meet it, nor with ``followed``, over rows (identity_id, at, begins). With
    ``complement`` the leaf holds for all but those: "never did X" is everyone but those who did.
    """

    rows: Table
    finish: Callable[[Table], Table] | None = None
    complement: bool = False
    latest: bool = False
    more: Table | None = None
    counted: Condition | None = None
    totalled: Condition | None = None
    followed: Followed | None = None


def whole(question: Question, tables: Tables) -> Table:
    """Return ``question`` as one expression, for an engine that answers it without an index in memory."""
    if question.latest:
        return _judged(question, tables)
    rows = question.rows
    if "identity_id" in rows.columns:
        rows = of_profiles(rows, tables)
    return question.finish(rows) if question.finish else rows


def _judged(question: Question, tables: Tables) -> Table:
    """Return the profiles for which the latest choices speak."""
    rows = question.rows
    last = rows.group_by("identity_id").aggregate(
        yes=rows["at"].max(where=~rows.against), no=rows["at"].max(where=rows.against)
    )
    said_no = last.no.notnull() & ibis.coalesce(last.no >= last.yes, True)
    voices = of_profiles(last.select("identity_id", against=said_no), tables)
    if question.more is not None:
        more = of_profiles(question.more.distinct(), tables)
        voices = voices.union(more.select(against=ibis.literal(value=False), profile_id="profile_id"))
    judged = voices.group_by("profile_id").aggregate(against=voices.against.any())
    return judged.filter(~judged.against).select("profile_id")


def of_profiles(rows: Table, tables: Tables) -> Table:
    """Return ``rows`` (with identity_id) with the profile_id of each; rows of identities without a profile fall out."""
    who = tables("identity_profile").select(who_id="identity_id", profile_id="profile_id")
    return rows.join(who, rows.identity_id == who.who_id).drop("who_id", "identity_id")
