"""How a refused item was posted: what it shared with its request, so that it can be read again. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from helder.collect.item import Call, Item, Received


class Posted(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What it takes to read a refused item, or a whole request, again."""

    dialect: str = "segment"
    kind: str = "batch"
    """The kind of call, in the dialect's own words."""
    whole: bool = False
    """The body is that of a request; else one item of a batch in Segment's format."""
    sent: datetime | None = None
    """When the sender's clock sent the request (naive UTC)."""
    context: dict[str, Any] = {}
    """The batch's context."""
    agent: str = ""
    """The request's User-Agent."""
    item: msgspec.Raw = msgspec.Raw()
    """What was read of the item, in Segment's format, when its dialect is another."""


_LONGEST_AGENT = 512
_encode = msgspec.json.Encoder().encode


def of_request(dialect: str, kind: str, received: Received) -> str:
    """Return how a whole request was posted, as JSON."""
    return _encode(Posted(dialect, kind, whole=True, agent=received.user_agent[:_LONGEST_AGENT])).decode()


def of_item(dialect: str, call: Call, item: Item | None) -> str:
    """Return how one item was posted, as JSON; empty when it could not be read and is not in Segment's format."""
    if dialect == "segment":
        return _encode(_shared(call)).decode()
    return "" if item is None else _encode(msgspec.structs.replace(_shared(call), item=_canonical(item))).decode()


def _shared(call: Call) -> Posted:
    kind, agent = call.kind or "batch", call.received.user_agent[:_LONGEST_AGENT]
    return Posted("segment", kind, whole=bool(call.kind), sent=call.sent, context=call.context, agent=agent)


def _canonical(item: Item) -> msgspec.Raw:
    """Return an item in Segment's format; fields that it lacks are left out."""
    fields = zip(item.__struct_encode_fields__, msgspec.structs.astuple(item), strict=True)
    said = {
        name: value for name, value in fields if value is not None and (not isinstance(value, msgspec.Raw) or value)
    }
    return msgspec.Raw(_encode(said))


AS_ITEM = _encode(Posted()).decode()
"""Of an item that says everything about itself."""
