"""From the bytes of a request to events and rejections. Pure: the same bytes always give the same answer."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct

from helder.collect.dialects.dialect import Dialect, Opened
from helder.collect.dialects.segment import SEGMENT
from helder.collect.event import Event, Reason, Rejection
from helder.collect.item import Item, NotAccepted, Received, event_of
from helder.collect.posted import of_item, of_request

_KEPT = 32 * 1024
"""Bytes of a refused item that are kept."""

_HIGH, _LOW = rb"\\u[dD][89abAB][0-9a-fA-F]{2}", rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_SURROGATES = re.compile(rb"\\\\|(" + _HIGH + _LOW + rb")|" + _HIGH + rb"|" + _LOW)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Parsed(Struct, frozen=True):
    """What a request holds."""

    events: list[Event]
    rejected: list[Rejection]


def parse(body: bytes, kind: str, received: Received, dialect: Dialect = SEGMENT) -> Parsed | Rejection:
    """Read the body of a request.

    Args:
        body: as the dialect writes it, decompressed.
        kind: one of the kinds of call that ``dialect.paths`` names, such as ``batch`` or ``track``.
        received: what else is known of the request.
        dialect: how the body is written.

    Returns:
        Its events and rejected items; or one ``Rejection`` when the request as a whole cannot be read.
    """
    if len(body) > dialect.limits.body:
        detail = f"a request holds at most {dialect.limits.body // 1024} KB"
        return _rejection("too_large", detail, body, received, of_request(dialect.name, kind, received))
    try:
        opened = dialect.open(body, kind, received)
        if len(opened.items) > dialect.limits.batch:
            detail = f"a request holds at most {dialect.limits.batch} events"
            return _rejection("too_many", detail, body, received, of_request(dialect.name, kind, received))
        return _each(opened, dialect)
    except NotAccepted as refusal:
        return _rejection(refusal.reason, refusal.detail, body, received, of_request(dialect.name, kind, received))
    except _UNREADABLE as error:
        mended = _without_half_characters(body)
        if mended != body:
            return parse(mended, kind, received, dialect)
        detail = f"this is not JSON that can be read: {error}"
        return _rejection("malformed", detail, body, received, of_request(dialect.name, kind, received))


def _each(opened: Opened, dialect: Dialect) -> Parsed:
    """Read every item on its own: one that is wrong does not take the others along."""
    parsed, call, read, number, most = Parsed([], []), opened.call, opened.read, 0, dialect.limits.item
    for raw in opened.items:
        item: Item | None = None
        try:
            if len(raw) > most:
                raise NotAccepted("too_large", f"an event holds at most {most // 1024} KB")
            for item in read(raw):
                parsed.events.append(event_of(item, number, call))
                number += 1
        except NotAccepted as refusal:
            posted = of_item(dialect.name, call, item)
            parsed.rejected.append(_rejection(refusal.reason, refusal.detail, raw, call.received, posted))
        except _UNREADABLE as error:
            if call.kind and not isinstance(error, msgspec.ValidationError):
                raise  # a single call: the request itself is unreadable
            posted = of_item(dialect.name, call, item)
            parsed.rejected.append(_rejection("malformed", str(error), raw, call.received, posted))
    return parsed


def _without_half_characters(body: bytes) -> bytes:
    r"""Return ``body`` with U+FFFD for each ``\ud8xx`` that lacks its other half: an emoji that a script cut in two."""
    return _SURROGATES.sub(_mended, body)


def _mended(found: re.Match[bytes]) -> bytes:
    """Return what stands for one match: itself when it is whole, or an escaped backslash."""
    return found[0] if found[1] or found[0] == rb"\\" else rb"\ufffd"


def _rejection(reason: Reason, detail: str, raw: bytes | Raw, received: Received, posted: str) -> Rejection:
    """Return a rejection that keeps the item as it came, and how it was ``posted``."""
    text = str(memoryview(raw)[:_KEPT], "utf-8", "replace")
    found = re.search(r'"messageId"\s*:\s*"([^"\\]{1,99})"', text)
    return Rejection(
        reason=reason,
        detail=detail,
        source=received.source,
        at=received.at,
        message_id=found[1] if found else "",
        body=text,
        posted=posted,
    )
