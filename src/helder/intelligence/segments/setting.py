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
    """An expression of one column ``profile_id`` (a profile may come twice).

    With ``complement`` the leaf holds for all profiles but those: "never did X" is everyone but those who did.
    """

    expr: Table
    complement: bool = False


def of_profiles(rows: Table, tables: Tables) -> Table:
    """Return ``rows`` (with identity_id) with the profile_id of each; rows of identities without a profile fall out."""
    who = tables("identity_profile").select(who_id="identity_id", profile_id="profile_id")
    return rows.join(who, rows.identity_id == who.who_id).drop("who_id", "identity_id")
