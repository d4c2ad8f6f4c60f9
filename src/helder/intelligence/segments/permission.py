"""The permission leaf: who may be written to for a purpose by a channel.

Of each address (identity) the latest choice for the purpose counts; of two choices of one moment the *no*. A profile
with an address whose latest choice is *no* may not be written to, one with at least one *yes* may. A profile without
any choice may when the purpose allows the existing-customer basis (soft opt-in, Telecommunicatiewet 11.7) and it has
paid: a paid order (not a return) or a subscription. The ledger itself decides again at the moment of sending.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.rule import Permission
from helder.intelligence.segments.setting import Question, Setting, Tables
from helder.intelligence.segments.vocabulary import RETURN

UNPAID: tuple[str, ...] = ("open", "unpaid", "cancelled", "refunded", "trial", "gift", RETURN)
"""Statuses and kinds of orders and subscriptions for which nothing was paid."""


def permitted(leaf: Permission, setting: Setting) -> Question:
    """Return the identities that speak for writing to their profile, and those that speak against it."""
    chosen = _choices(leaf, setting.moments, setting.tables)
    if leaf.purpose not in setting.soft_opt_in:
        return Question(chosen, latest=True)
    return Question(chosen, latest=True, more=_customers(setting.moments, setting.tables))


def _choices(leaf: Permission, moments: Moments, tables: Tables) -> Table:
    """Return (identity_id, at, against) of every choice about the purpose, channel and title.

    A choice without a channel or title is about all of them; one for a title says nothing about all titles.
    """
    consent = tables("consent")
    rows = consent.filter(
        consent.purpose == leaf.purpose,
        ibis.coalesce(consent.channel, "").isin([leaf.channel, ""]),
        ibis.coalesce(consent.title, "").isin([leaf.title, ""]),
        consent["at"] <= moments.ago(),
        consent.choice.isin(["yes", "no"]),
    )
    return rows.select("identity_id", "at", against=rows.choice == "no")


def _customers(moments: Moments, tables: Tables) -> Table:
    """Return the identities that have paid for something before now."""
    orders, subscriptions = (_paid(tables(name), moments) for name in ("orders", "subscription"))
    return orders.union(subscriptions)


def _paid(rows: Table, moments: Moments) -> Table:
    """Return the identities with a current, paid record.

    Rows whose status or kind is not known are asked apart: comparisons that null passes cannot be pushed down into the
    scan, and took three times as long.
    """
    rows = rows.filter(rows.until_batch.isnull(), rows["at"] <= moments.ago(), rows.amount_micros > 0)
    known = rows.filter(*(rows[name] != word for name in ("status", "kind") for word in UNPAID))
    unknown = rows.filter(
        rows.status.isnull() | rows.kind.isnull(),
        *(~ibis.coalesce(rows[name].isin(UNPAID), False) for name in ("status", "kind")),
    )
    return known.select("identity_id").union(unknown.select("identity_id"))
