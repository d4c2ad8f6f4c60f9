"""Pages without script: the fields of a form or of a picture's address, by their names. Pure.

``traits.email`` is a trait, ``properties.topic`` a property; ``event``, ``name``, ``userId``, ``anonymousId`` and
``messageId`` are what they are in a call. A field with any other name is not read: nothing is kept that nobody asked
for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from helder.collect.hooks.mapping import with_person

TRAP = "helder_trap"
"""A field that people do not see; programs that fill in every field give themselves away by it."""
SUBMITTED = "Form Submitted"
"""What a form does that has no event of its own."""


def form_calls(fields: Mapping[str, str], context: Mapping[str, Any], message_id: str) -> list[dict[str, Any]]:
    """Return the calls that a form which was sent stands for.

    Args:
        fields: name → what was filled in.
        context: of the calls.
        message_id: theirs, when the page gives none.
    """
    call = _call("track", fields, context, message_id)
    return with_person({**call, "event": fields.get("event") or SUBMITTED}, _named(fields, "traits."))


def pixel_call(fields: Mapping[str, str], context: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    """Return the call that a fetched picture stands for. An address holds no traits: it goes into logs."""
    kind = "track" if fields.get("event") else "page"
    return _call(kind, fields, context, message_id) | {"event": fields.get("event"), "name": fields.get("name")}


def batch(key: str, calls: list[dict[str, Any]]) -> bytes:
    """Return calls as the body of a batch in Segment's format."""
    return msgspec.json.encode({"writeKey": key, "batch": calls})


def _call(kind: str, fields: Mapping[str, str], context: Mapping[str, Any], message_id: str) -> dict[str, Any]:
    return {
        "type": kind,
        "messageId": fields.get("messageId") or message_id,
        "userId": fields.get("userId"),
        "anonymousId": fields.get("anonymousId"),
        "properties": _named(fields, "properties."),
        "context": context,
    }


def _named(fields: Mapping[str, str], prefix: str) -> dict[str, str]:
    """Return the fields whose names begin with ``prefix``, without it; empty ones left out."""
    return {name.removeprefix(prefix): value for name, value in fields.items() if name.startswith(prefix) and value}
