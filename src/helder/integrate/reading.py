"""Reads of the facts about one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import pyarrow as pa

from helder.clock import aware
from helder.integrate.loading import identities_of, wanted_ids
from helder.integrate.survivorship import StatedRecord
from helder.integrate.view import ViewedIdentity, ViewedLink
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import PERSON_FIELDS, table


def wanted(ids: Sequence[int]) -> pa.Table:
    """Return the small table ``wanted``."""
    return pa.table({"identity_id": pa.array(list(ids), pa.int64())})


def identity_rows(facts: Facts, profile_id: int) -> list[ViewedIdentity]:
    """Return the identities of a profile, oldest first."""
    mine = table("identity_profile").filter(lambda t: t.profile_id == profile_id)
    identity = table("identity").semi_join(mine, "identity_id")
    values = identity.group_by("identity_id").aggregate(value=identity.value.min())
    rows = facts.read(identities_of(identity).join(values, "identity_id").order_by(["first_seen", "identity_id"]))
    return [
        ViewedIdentity(row["identity_id"], row["kind"], row["value"], aware(row["first_seen"]))
        for row in rows.to_pylist()
    ]


def stated_records(facts: Facts, identities: Sequence[ViewedIdentity], trust: Mapping[str, int]) -> list[StatedRecord]:
    """Return what copied sources state about a person now."""
    record = table("person_record").filter(lambda t: t.until_batch.isnull())
    ids = [item.identity_id for item in identities]
    own = {item.value for item in identities if item.kind == "email"}
    rows = facts.read(record.semi_join(wanted_ids(), "identity_id"), wanted=wanted(ids)).to_pylist()
    return [
        StatedRecord(
            source=row["source"],
            record_key=row["record_key"],
            trust=trust.get(row["source"], 0),
            moment=row["changed_at"] or row["seen_at"],
            verified=bool(row["email_verified"]),
            own=row["email"] in own,
            values={name: row[name] for name in PERSON_FIELDS},
        )
        for row in rows
    ]


def link_rows(facts: Facts, identities: Sequence[ViewedIdentity]) -> tuple[ViewedLink, ...]:
    """Return the links between a person's identities, and those from them that were refused."""
    names = {item.identity_id: f"{item.kind} {item.value}" for item in identities}
    link, refused, ids = table("link"), table("refused_link"), wanted_ids()
    touching = ibis.union(
        link.semi_join(ids, link.a == ids.identity_id), link.semi_join(ids, link.b == ids.identity_id)
    )
    made = touching.filter(touching.strength > 0).group_by("a", "b", "reason")
    made = made.aggregate(strength=touching.strength.max(), source=touching.source.min())
    told = made.left_join(refused, ["a", "b", "reason"])
    told = told.select("a", "b", "reason", "strength", "source", refused=refused.refused)
    rows = facts.read(told.order_by([ibis.desc("strength"), "a", "b", "reason"]), wanted=wanted(list(names)))
    return tuple(
        ViewedLink(
            names.get(row["a"], "another person's"),
            names.get(row["b"], "another person's"),
            row["reason"],
            row["strength"],
            row["source"],
            row["refused"] or "",
        )
        for row in rows.to_pylist()
    )
