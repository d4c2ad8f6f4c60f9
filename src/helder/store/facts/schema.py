"""The tables of facts: their columns, for both engines.

Every row carries ``batch``: the number of the facts transaction that wrote it. Batches only grow, so "what is
new" is ``batch > watermark`` in every table. Rows of copied sources also carry ``until_batch``: the batch in which a
newer version of the same record came, or null while the row is the current one.

Times are naive UTC microseconds. Money is in micros (millionths of the currency unit), so that prices below a
cent stay exact; it is rounded once, when shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibis.expr.types import Table

_BATCH = {"batch": "int64"}
_VERSION = {"batch": "int64", "until_batch": "int64"}
_RECORD = {"source": "string", "record_key": "string", "identity_id": "int64"}
_MONEY = {"amount_micros": "int64", "currency": "string"}

PERSON_FIELDS: dict[str, str] = {
    "email": "string",
    "phone": "string",
    "first_name": "string",
    "infix": "string",
    "last_name": "string",
    "gender": "string",
    "birth_date": "date",
    "street": "string",
    "house_number": "string",
    "postcode": "string",
    "city": "string",
    "country": "string",
    "language": "string",
}
"""Fields of the golden record, each with its type."""

_EVENT = {
    "message_id": "string",
    "identity_id": "int64",
    "type": "string",
    "name": "string",
    "source": "string",
    "at": "timestamp(6)",
    "received_at": "timestamp(6)",
    "original_at": "timestamp(6)",
    "url": "string",
    "properties": "string",
    "context": "string",
    "value_micros": "int64",
    "currency": "string",
    **_BATCH,
}

SCHEMAS: dict[str, dict[str, str]] = {
    "event": _EVENT,
    "event_tail": _EVENT,
    "every_event": _EVENT,
    "identity": {"identity_id": "int64", "kind": "string", "value": "string", "first_seen": "timestamp(6)", **_BATCH},
    "link": {
        "a": "int64",
        "b": "int64",
        "reason": "string",
        "strength": "int16",
        "source": "string",
        "record_key": "string",
        "at": "timestamp(6)",
        **_BATCH,
    },
    "cut": {"a": "int64", "b": "int64", "reason": "string", "at": "timestamp(6)", **_BATCH},
    "name_key": {
        "identity_id": "int64",
        "surname_key": "int64",
        "first_key": "int64",
        "initial_key": "int64",
        "near": "string",
        **_BATCH,
    },
    "identity_profile": {"identity_id": "int64", "profile_id": "int64", **_BATCH},
    "refused_link": {"a": "int64", "b": "int64", "reason": "string", "refused": "string", **_BATCH},
    "person_record": {
        **_RECORD,
        "seen_at": "timestamp(6)",
        "changed_at": "timestamp(6)",
        **PERSON_FIELDS,
        "email_verified": "boolean",
        "extra": "string",
        **_VERSION,
    },
    "profile": {
        "profile_id": "int64",
        **PERSON_FIELDS,
        "display_name": "string",
        "email_identity": "int64",
        "first_seen": "timestamp(6)",
        "last_seen": "timestamp(6)",
        **_BATCH,
    },
    "orders": {
        **_RECORD,
        "at": "timestamp(6)",
        "status": "string",
        "kind": "string",
        **_MONEY,
        "extra": "string",
        **_VERSION,
    },
    "order_line": {
        **_RECORD,
        "order_key": "string",
        "at": "timestamp(6)",
        "product": "string",
        "category": "string",
        "quantity": "float64",
        "unit_price_micros": "int64",
        **_MONEY,
        "extra": "string",
        **_VERSION,
    },
    "subscription": {
        **_RECORD,
        "payer_identity": "int64",
        "title": "string",
        "kind": "string",
        "at": "timestamp(6)",
        "ends_at": "timestamp(6)",
        "status": "string",
        **_MONEY,
        "extra": "string",
        **_VERSION,
    },
    "ticket": {
        **_RECORD,
        "at": "timestamp(6)",
        "closed_at": "timestamp(6)",
        "kind": "string",
        "status": "string",
        "extra": "string",
        **_VERSION,
    },
    "consent": {
        "identity_id": "int64",
        "purpose": "string",
        "channel": "string",
        "title": "string",
        "choice": "string",
        "basis": "string",
        "at": "timestamp(6)",
        "source": "string",
        **_BATCH,
    },
    "rejected": {
        "source": "string",
        "reason": "string",
        "detail": "string",
        "at": "timestamp(6)",
        "message_id": "string",
        "body": "string",
        **_BATCH,
        "number": "int64",
        "posted": "string",
    },
    "sent_again": {"number": "int64", "at": "timestamp(6)", **_BATCH},
    "violation": {
        "source": "string",
        "version": "int64",
        "event": "string",
        "property": "string",
        "reason": "string",
        "day": "timestamp(6)",
        "events": "int64",
        **_BATCH,
    },
    "watermark": {"stage": "string", "position": "int64"},
}
"""Column names and Ibis types by table. ``every_event`` is a view: ``event`` and ``event_tail`` together."""

MEANINGS: dict[str, str] = {
    "event": "what people did: history, in order of time",
    "event_tail": "what people did lately; moved to event in the background",
    "every_event": "a view: event and event_tail together",
    "identity": "every external key that was ever seen",
    "link": "why two identities are one person (a < b); strength 0 takes back a cut",
    "cut": "why two identities are two people (a < b); the reason undo_link takes back a decision",
    "name_key": "keyed hashes of the names on an account's record: they corroborate, and say nothing by themselves",
    "identity_profile": "which identities are one person; derived",
    "refused_link": "links that join nobody, and why; derived",
    "person_record": "what each copied source says of a person, every version",
    "profile": "the golden record of each person; derived",
    "orders": "orders and returns, every version",
    "order_line": "lines of orders, every version",
    "subscription": "subscriptions, every version; identity_id is the reader, payer_identity who pays",
    "ticket": "questions and complaints, every version",
    "consent": "choices of people, as sources and our own pages told them; the ledger in state decides at sending",
    "rejected": "input that was refused, with its reason; posted says how it came, for sending it again",
    "sent_again": "which rejected events were sent again",
    "violation": "how many events did not fit the tracking plan of their source, by day",
    "watermark": "how far each stage that writes facts has come; _batch is the last batch",
}
"""What each table holds."""

VIEWS: frozenset[str] = frozenset({"every_event"})
DERIVED: frozenset[str] = frozenset({"identity_profile", "refused_link", "profile"})
"""Tables that ``helder rebuild`` throws away and builds again."""


def table(name: str, alias: str | None = None) -> Table:
    """Return the unbound Ibis table ``name``.

    Args:
        name: a table of ``SCHEMAS``.
        alias: the name in the engine when it differs (small tables of the same shape, for restricted questions).
    """
    import ibis  # here, not above: senders and the web process read this file and never ask the facts

    return ibis.table(SCHEMAS[name], name=alias or name)
