"""The golden record of every profile at once: survivorship over all its records, as one question to the facts.

The same rules, one person at a time and with their reasons, are in ``survivorship``: tests hold the two against each
other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import ibis
import pyarrow as pa
from ibis.expr.types import Table, Value

from helder.govern.catalogue import Catalogue, Field
from helder.store.facts.schema import PERSON_FIELDS, table

NAME = ("first_name", "infix", "last_name")


def golden_records(catalogue: Catalogue, *, chosen: bool = False) -> Table:
    """Return the expression of the table ``profile`` (without batch).

    Args:
        catalogue: says per field of a person which value survives, and which fields stay together.
        chosen: only for the profiles in the small table ``chosen``.

    Besides ``chosen`` it asks for the small table ``trust`` (source, trust).
    """
    return _golden_records(tuple(groups(catalogue)), chosen)


@lru_cache(maxsize=8)
def _golden_records(grouped: tuple[tuple[Field, ...], ...], chosen: bool) -> Table:
    """Build the expression, which takes longer than to answer it for a few profiles."""
    members = table("identity_profile").select("identity_id", "profile_id")
    if chosen:
        members = members.semi_join(ibis.table({"profile_id": "int64"}, name="chosen"), "profile_id")
    known = _identities(members)
    records = _records(members, known)
    single = [fields for fields in grouped if fields[0].survivorship != "most_frequent"]
    parts = [_survivors(records, fields) for fields in single]
    common = [_frequent(records, fields) for fields in grouped if fields[0].survivorship == "most_frequent"]
    record = records.group_by("profile_id").aggregate(
        last_record=records.moment.max(), **{name: value for part in parts for name, value in part.items()}
    )
    record = _unpacked(record, single)
    found = _profiles(known)
    for extra in (record, *common):
        joined = found.left_join(extra, found.profile_id == extra.profile_id)
        found = joined.select(found, *(extra[name] for name in extra.columns if name != "profile_id"))
    return _shaped(_addressed(found))


def trust_table(trust: Mapping[str, int]) -> pa.Table:
    """Return the small table ``trust``."""
    return pa.table({"source": pa.array(list(trust), pa.string()), "trust": pa.array(list(trust.values()), pa.int64())})


def groups(catalogue: Catalogue) -> list[tuple[Field, ...]]:
    """Return the fields of the golden record, those that are taken from one record together."""
    found: dict[str, list[Field]] = {}
    for field in catalogue.objects["person"].field:
        if field.key in PERSON_FIELDS:
            found.setdefault(field.together or field.key, []).append(field)
    return [tuple(fields) for fields in found.values()]


def _identities(members: Table) -> Table:
    """Return every identity of the profiles once, with its profile."""
    identity = table("identity")
    mine = identity.join(members, identity.identity_id == members.identity_id)
    mine = mine.select(identity.identity_id, identity.kind, identity.value, identity.first_seen, members.profile_id)
    return mine.group_by("identity_id").aggregate(
        kind=mine.kind.min(), value=mine.value.min(), first_seen=mine.first_seen.min(), profile_id=mine.profile_id.min()
    )


def _records(members: Table, known: Table) -> Table:
    """Return the current person records of the profiles, with what survivorship weighs."""
    record = table("person_record")
    record = record.filter(record.until_batch.isnull())
    trust = ibis.table({"source": "string", "trust": "int64"}, name="trust")
    own = known.filter(known.kind == "email").select(own_profile=known.profile_id, own_value=known.value)
    rows = record.join(members, record.identity_id == members.identity_id)
    rows = rows.select(record, members.profile_id).drop("batch", "until_batch")
    rows = rows.left_join(trust, rows.source == trust.source).select(rows, trust=trust.trust.coalesce(0))
    rows = rows.left_join(own, (rows.profile_id == own.own_profile) & (rows.email == own.own_value))
    return rows.mutate(
        moment=rows.changed_at.coalesce(rows.seen_at),
        verified=rows.email_verified.coalesce(False).cast("int8"),
        own=rows.own_value.notnull().cast("int8"),
    ).drop("own_profile", "own_value")


def order_key(rows: Table, field: Field) -> list[Value]:
    """Return what decides between the records of a profile, most important first; the greatest wins."""
    weights: dict[str, list[Value]] = {
        "most_recent": [rows.moment, rows.trust],
        "most_trusted": [rows.trust, rows.moment],
        "verified_first": [rows.own, rows.verified, rows.trust, rows.moment],
        "longest": [rows[field.key].length(), rows.trust, rows.moment],
    }
    return [*weights[field.survivorship], rows.source, rows.record_key]


def _survivors(rows: Table, fields: Sequence[Field]) -> dict[str, Value]:
    """Return the aggregate that keeps the winning values of fields that stay together, packed as one."""
    packed = ibis.struct({field.key: rows[field.key] for field in fields})
    weight = ibis.struct({f"w{at}": value for at, value in enumerate(order_key(rows, fields[0]))})
    return {f"_{fields[0].key}": packed.argmax(weight, where=_stated(rows, fields))}


def _unpacked(record: Table, grouped: Iterable[Sequence[Field]]) -> Table:
    columns = {field.key: record[f"_{fields[0].key}"][field.key] for fields in grouped for field in fields}
    return record.select("profile_id", "last_record", **columns)


def _frequent(rows: Table, fields: Sequence[Field]) -> Table:
    """Return (profile_id, value): the value that most records of a profile state."""
    key = fields[0].key
    said = rows.filter(rows[key].notnull()).group_by("profile_id", key)
    counted = said.aggregate(
        times=ibis._.count(),
        best=ibis.struct({"trust": rows.trust, "moment": rows.moment}).max(),
    )
    weight = ibis.struct({"times": counted.times, "best": counted.best, "value": counted[key].cast("string")})
    return counted.group_by("profile_id").aggregate(**{key: counted[key].argmax(weight)})


def _stated(rows: Table, fields: Sequence[Field]) -> Value:
    stated = rows[fields[0].key].notnull()
    for field in fields[1:]:
        stated |= rows[field.key].notnull()
    return stated


def _profiles(known: Table) -> Table:
    """Return each profile with when it was first seen, and the first address among its identities."""
    first = ibis.struct({"first_seen": known.first_seen, "identity_id": known.identity_id})
    return known.group_by("profile_id").aggregate(
        first_seen=known.first_seen.min(),
        last_identity=known.first_seen.max(),
        first_email=known.value.argmin(first, where=known.kind == "email"),
        first_phone=known.value.argmin(first, where=known.kind == "phone"),
    )


def _addressed(found: Table) -> Table:
    """Add the identity of the address, which may be another profile's, or nobody's, when it is shared."""
    found = found.mutate(email=found.email.coalesce(found.first_email), phone=found.phone.coalesce(found.first_phone))
    identity = table("identity")
    emails = identity.filter(identity.kind == "email").group_by(address=identity.value)
    emails = emails.aggregate(email_identity=identity.identity_id.min())
    return found.left_join(emails, found.email == emails.address)


def _shaped(found: Table) -> Table:
    """Return the columns of the table ``profile``."""
    parts = [found[name] for name in NAME]
    name = parts[0].coalesce("").concat(" ", parts[1].coalesce(""), " ", parts[2].coalesce(""))
    name = name.re_replace(r"\s+", " ").strip()
    return found.select(
        "profile_id",
        *PERSON_FIELDS,
        display_name=name.nullif(""),
        email_identity=found.email_identity,
        first_seen=found.first_seen,
        last_seen=ibis.greatest(found.last_identity, found.last_record.coalesce(found.last_identity)),
    )
