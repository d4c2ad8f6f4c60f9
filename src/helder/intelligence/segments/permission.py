"""The permission leaf: who may be written to for a purpose by a channel.

Of each address (identity) the latest choice for the purpose counts; of two choices of one moment the *no*. A profile
with an address whose latest choice is *no* may not be written to, one with at least one *yes* may. A profile without
any choice may when the purpose allows the existing-customer basis (soft opt-in, Telecommunicatiewet 11.7) and it has
paid: a paid order (not a return) or a subscription. The ledger itself decides again at the moment of sending.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanColumn, Table

from helder.intelligence.segments.moments import Moments
from helder.intelligence.segments.rule import Permission
from helder.intelligence.segments.setting import Question, Setting, Tables
from helder.intelligence.segments.vocabulary import RETURN

UNPAID: tuple[str, ...] = ("open", "unpaid", "cancelled", "refunded", "trial", "gift")
"""Statuses and kinds of orders and subscriptions for which nothing was paid."""


def permitted(leaf: Permission, setting: Setting) -> Question:
    """Return the identities that speak for writing to their profile, and those that speak against it."""
    chosen = _choices(leaf, setting.moments, setting.tables)
    if leaf.purpose not in setting.soft_opt_in:
        return Question(chosen)
    customers = _customers(setting.moments, setting.tables)
    return Question(chosen.union(customers.mutate(against=ibis.literal(value=False))))


def _choices(leaf: Permission, moments: Moments, tables: Tables) -> Table:
    """Return (identity_id, against): whether the identity last said no."""
    consent = tables("consent")
    rows = consent.filter(_concerns(consent, leaf), consent["at"] <= moments.ago(), consent.choice.isin(["yes", "no"]))
    latest = rows.group_by("identity_id").aggregate(
        yes=rows["at"].max(where=rows.choice == "yes"), no=rows["at"].max(where=rows.choice == "no")
    )
    said_no = latest.no.notnull() & ibis.coalesce(latest.no >= latest.yes, True)
    return latest.select("identity_id", against=said_no)


def _concerns(consent: Table, leaf: Permission) -> BooleanColumn:
    """Return whether a choice is about the purpose, channel and title.

    A choice without a channel or title is about all of them; one for a title says nothing about all titles.
    """
    channel = ibis.coalesce(consent.channel, "").isin([leaf.channel, ""])
    title = ibis.coalesce(consent.title, "").isin([leaf.title, ""])
    return (consent.purpose == leaf.purpose) & channel & title


def _customers(moments: Moments, tables: Tables) -> Table:
    """Return the identities that have paid for something before now."""
    paid = [_paid(tables(name), moments) for name in ("orders", "subscription")]
    return paid[0].union(paid[1]).distinct()


def _paid(rows: Table, moments: Moments) -> Table:
    """Return the identities with a current, paid record."""
    unpaid = [*UNPAID, RETURN]
    kept = rows.filter(
        rows.until_batch.isnull(),
        rows["at"] <= moments.ago(),
        rows.amount_micros > 0,
        rows.status.isnull() | rows.status.notin(unpaid),
        rows.kind.isnull() | rows.kind.notin(unpaid),
    )
    return kept.select("identity_id")
