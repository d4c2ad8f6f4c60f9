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
from helder.intelligence.segments.setting import Setting, Tables, of_profiles
from helder.intelligence.segments.vocabulary import RETURN

UNPAID: tuple[str, ...] = ("open", "unpaid", "cancelled", "refunded", "trial", "gift")
"""Statuses and kinds of orders and subscriptions for which nothing was paid."""


def permitted(leaf: Permission, setting: Setting) -> Table:
    """Return the profiles that may be written to (profile_id, maybe twice)."""
    chosen = _choices(leaf, setting.moments, setting.tables)
    said_yes = chosen.filter(~chosen.refused & chosen.agreed).select("profile_id")
    if leaf.purpose not in setting.soft_opt_in:
        return said_yes
    customers = _customers(setting.moments, setting.tables)
    asked = chosen.select(asked_id="profile_id")
    unasked = customers.anti_join(asked, customers.profile_id == asked.asked_id)
    return said_yes.union(unasked)


def _choices(leaf: Permission, moments: Moments, tables: Tables) -> Table:
    """Return (profile_id, refused, agreed): whether some address last said no, and whether some last said yes."""
    consent = tables("consent")
    rows = consent.filter(_concerns(consent, leaf), consent["at"] <= moments.ago(), consent.choice.isin(["yes", "no"]))
    latest = rows.group_by("identity_id").aggregate(
        yes=rows["at"].max(where=rows.choice == "yes"), no=rows["at"].max(where=rows.choice == "no")
    )
    refused = ibis.coalesce((latest.no >= latest.yes) | latest.yes.isnull(), False)
    refused &= latest.no.notnull()
    judged = of_profiles(latest.select("identity_id", refused=refused), tables)
    return judged.group_by("profile_id").aggregate(refused=judged.refused.any(), agreed=(~judged.refused).any())


def _concerns(consent: Table, leaf: Permission) -> BooleanColumn:
    """Return whether a choice is about the purpose, channel and title.

    A choice without a channel or title is about all of them; one for a title says nothing about all titles.
    """
    channel = ibis.coalesce(consent.channel, "").isin([leaf.channel, ""])
    title = ibis.coalesce(consent.title, "").isin([leaf.title, ""])
    return (consent.purpose == leaf.purpose) & channel & title


def _customers(moments: Moments, tables: Tables) -> Table:
    """Return the profiles that have paid for something before now."""
    paid = [_paid(tables(name), moments) for name in ("orders", "subscription")]
    return of_profiles(paid[0].union(paid[1]).distinct(), tables).select("profile_id")


def _paid(rows: Table, moments: Moments) -> Table:
    """Return the identities with a current, paid record."""
    unpaid = [*UNPAID, RETURN]
    status = ibis.coalesce(rows.status.lower(), "").isin(unpaid)
    kind = ibis.coalesce(rows.kind.lower(), "").isin(unpaid)
    before = ibis.coalesce(rows["at"] <= moments.ago(), False)
    kept = rows.filter(rows.until_batch.isnull(), before, ~status, ~kind, ibis.coalesce(rows.amount_micros > 0, False))
    return kept.select("identity_id")
