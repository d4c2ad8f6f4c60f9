"""From the bytes of a request to events and rejections. Pure: the same bytes always give the same answer.

The wire format is Segment's HTTP tracking API, as the released clients really speak it
(https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from helder.collect.event import Event, Reason, Rejection
from helder.collect.item import Call, Item, NotAccepted, Received, Scalar, event_of
from helder.collect.moment import read_moment

MAX_BODY = 500 * 1024
"""Bytes of a whole request, after decompression."""
MAX_ITEM = 32 * 1024
"""Bytes of one event."""
MAX_BATCH = 2500
"""Events in one request."""

_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATES = re.compile(rb"\\\\|(" + _HIGH + _LOW + rb")|" + _HIGH + rb"|" + _LOW)


class Parsed(Struct, frozen=True):
    """What a request holds."""

    events: list[Event]
    rejected: list[Rejection]


class _Batch(Struct, rename="camel"):
    batch: list[Raw]
    sent_at: Scalar = None
    context: Any = None


_batches = Decoder(_Batch)
_items = Decoder(Item)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def parse(body: bytes, kind: str, received: Received) -> Parsed | Rejection:
    """Read the body of a request.

    Args:
        body: JSON, decompressed.
        kind: ``batch``, or the type of a single call (``track``, ``page``…).
        received: what else is known of the request.

    Returns:
        Its events and rejected items; or one ``Rejection`` when the request as a whole cannot be read.
    """
    if len(body) > MAX_BODY:
        return _rejection("too_large", f"a request holds at most {MAX_BODY // 1024} KB", body, received)
    try:
        return _read(body, kind, received)
    except _UNREADABLE as error:
        mended = _without_half_characters(body)
        if mended != body:
            return parse(mended, kind, received)
        return _rejection("malformed", f"this is not JSON that can be read: {error}", body, received)


def _read(body: bytes, kind: str, received: Received) -> Parsed | Rejection:
    """Read a body that is well-formed JSON of the expected shape."""
    if kind != "batch":
        return _each([Raw(body)], Call(received=received, kind=kind))
    batch = _batches.decode(body)
    if len(batch.batch) > MAX_BATCH:
        return _rejection("too_many", f"a request holds at most {MAX_BATCH} events", body, received)
    shared = batch.context if isinstance(batch.context, dict) else {}
    return _each(batch.batch, Call(received=received, sent=read_moment(batch.sent_at), context=shared))


def _each(items: list[Raw], call: Call) -> Parsed:
    """Read every item on its own: one that is wrong does not take the others along."""
    parsed = Parsed([], [])
    for number, raw in enumerate(items):
        try:
            parsed.events.append(_event(raw, number, call))
        except NotAccepted as refusal:
            parsed.rejected.append(_rejection(refusal.reason, refusal.detail, raw, call.received))
        except _UNREADABLE as error:
            if call.kind and not isinstance(error, msgspec.ValidationError):
                raise  # a single call: the request itself is unreadable
            parsed.rejected.append(_rejection("malformed", str(error), raw, call.received))
    return parsed


def _event(raw: Raw, number: int, call: Call) -> Event:
    if len(raw) > MAX_ITEM:
        raise NotAccepted("too_large", f"an event holds at most {MAX_ITEM // 1024} KB")
    return event_of(_items.decode(raw), number, call)


def _without_half_characters(body: bytes) -> bytes:
    r"""Return ``body`` with U+FFFD for each ``\ud8xx`` that lacks its other half: an emoji that a script cut in two."""
    return _SURROGATES.sub(_mended, body)


def _mended(found: re.Match[bytes]) -> bytes:
    """Return what stands for one match: itself when it is whole, or an escaped backslash."""
    return found[0] if found[1] or found[0] == rb"\\" else rb"\ufffd"


def _rejection(reason: Reason, detail: str, raw: bytes | Raw, received: Received) -> Rejection:
    """Return a rejection that keeps the item as it came."""
    text = str(memoryview(raw)[:MAX_ITEM], "utf-8", "replace")
    found = re.search(r'"messageId"\s*:\s*"([^"\\]{1,99})"', text)
    return Rejection(
        reason=reason,
        detail=detail,
        source=received.source,
        at=received.at,
        message_id=found[1] if found else "",
        body=text,
    )
