"""From one item on the wire to one event: whose it is, when it was, what it says."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

from helder.collect.enrich import is_crawler
from helder.collect.event import Event, Reason
from helder.collect.moment import event_time, read_moment
from helder.collect.worth import worth_of

Scalar: TypeAlias = str | int | float | None

PLACEHOLDERS = frozenset({"null", "undefined", "none", "nan", "0", "false", "true", "[object object]"})
"""What a script writes when it has no id: taking these for people would join all of them into one."""

TYPES = frozenset({"track", "page", "screen", "identify", "group", "alias"})
LONGEST_ID = 99
_64_BITS = 2**63
_LONG_NUMBER = re.compile(r"\d{19}")


class Received(Struct, frozen=True):
    """What is known of a request besides its bytes."""

    source: str
    """Key of the source that the write key belongs to."""
    at: datetime
    """When it came (naive UTC)."""
    request_id: str
    """Random text, the stem of message ids for senders that give none."""
    user_agent: str = ""
    """The User-Agent header, for browser events that carry none themselves."""
    query: str = ""
    """The query of the address, as it came."""


class Call(Struct, frozen=True):
    """What the items of one request share."""

    received: Received
    kind: str = ""
    """The type of a single call; empty in a batch, where each item gives its own."""
    sent: datetime | None = None
    context: dict[str, Any] = {}
    """The batch's context, for items to add to."""


class Item(Struct, rename="camel", gc=False):
    """One item as clients send it: every field may be absent, ids and times may be numbers."""

    type: Scalar = None
    event: Scalar = None
    name: Scalar = None
    user_id: Scalar = None
    anonymous_id: Scalar = None
    message_id: Scalar = None
    previous_id: Scalar = None
    group_id: Scalar = None
    timestamp: Scalar = None
    original_timestamp: Scalar = None
    sent_at: Scalar = None
    properties: Raw = Raw()
    context: Raw = Raw()
    traits: Raw = Raw()
    action: Scalar = None
    """What ``type`` was called before; Segment's specification shows it still, and ids with underscores too."""
    old_user_id: Scalar = msgspec.field(name="user_id", default=None)
    old_anonymous_id: Scalar = msgspec.field(name="anonymous_id", default=None)


class NotAccepted(Exception):
    """An item that cannot become an event."""

    def __init__(self, reason: Reason, detail: str) -> None:
        """Say why."""
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


class _Page(Struct, gc=False):
    url: str | None = None


class _Context(Struct, rename="camel", gc=False):
    """What is looked at in a context; the whole of it is kept as text."""

    page: _Page | None = None
    user_agent: str | None = None
    device: Any = None
    consent: Any = None
    traits: Raw = Raw()


class _Properties(Struct, gc=False):
    """What is looked at in properties; the whole of it is kept as text."""

    url: Any = None
    name: Any = None
    revenue: Any = None
    value: Any = None
    total: Any = None
    currency: Any = None


_contexts = Decoder(_Context)
_properties = Decoder(_Properties)
_objects = Decoder(dict[str, Any])
_encode = Encoder().encode


def event_of(item: Item, number: int, call: Call) -> Event:
    """Return the event that an item is.

    Args:
        item: as decoded.
        number: its place in the request.
        call: what it shares with the other items.

    Raises:
        NotAccepted: with the reason, when it cannot be one.
    """
    received = call.received
    kind = _kind(item, call)
    user_id = _id(item.user_id) or _id(item.old_user_id)
    anonymous_id = _id(item.anonymous_id) or _id(item.old_anonymous_id)
    previous_id = _id(item.previous_id)
    if user_id is None and anonymous_id is None and previous_id is None:
        raise NotAccepted("no_identity", "userId or anonymousId is needed")
    context_text, context = _context(item.context, call.context)
    _refuse_crawlers(context, received)
    properties = _text(item.properties, "properties")
    said = _properties.decode(properties)
    stamped = read_moment(item.timestamp) or read_moment(item.original_timestamp)
    value, currency = worth_of(said.revenue, said.value, said.total, said.currency)
    return Event(
        message_id=_message_id(item.message_id) or f"{received.request_id}-{number}",
        type=kind,
        name=_name(item, kind, said),
        source=received.source,
        at=event_time(stamped, call.sent or read_moment(item.sent_at), received.at),
        received_at=received.at,
        user_id=user_id,
        anonymous_id=anonymous_id,
        original_at=stamped,
        url=_url(said, context),
        properties=properties,
        context=context_text,
        traits=_traits(item.traits, context.traits) if kind in {"identify", "group"} else None,
        previous_id=previous_id,
        group_id=_id(item.group_id),
        device_id=_device(context),
        value_micros=value,
        currency=currency,
    )


def _kind(item: Item, call: Call) -> str:
    """Return the type of the event: the path of a single call decides, else the item says it."""
    kind = call.kind or item.type or item.action
    if kind not in TYPES:
        raise NotAccepted("unknown_type", f"type is one of {', '.join(sorted(TYPES))}")
    return str(kind)


def _name(item: Item, kind: str, said: _Properties) -> str:
    """Return the name of the event; a track event must have one. Jitsu's pages have theirs among the properties."""
    if kind == "track":
        if item.event in {None, ""}:
            raise NotAccepted("no_name", "a track event needs the field event")
        return str(item.event)
    if kind not in {"page", "screen"}:
        return ""
    return str(item.name) if item.name is not None else said.name if isinstance(said.name, str) else ""


def _id(value: Scalar) -> str | None:
    """Return an id as text, or ``None`` when there is none or only a placeholder for one."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else _digits(value)
    return text if text and text.lower() not in PLACEHOLDERS else None


def _digits(value: float) -> str:
    """Return a number that stands for an id: JSON's numbers have no bounds, Python's conversions do."""
    try:
        return str(value) if isinstance(value, int) else f"{value:.0f}"
    except ValueError:
        raise NotAccepted("malformed", "an id is text, or a number of less than 4,300 digits") from None


def _message_id(value: Scalar) -> str:
    text = "" if value is None else value if isinstance(value, str) else _digits(value)
    if len(text) > LONGEST_ID:
        raise NotAccepted("bad_message_id", f"messageId has at most {LONGEST_ID} characters")
    return text


def _text(raw: Raw, field: str) -> str:
    """Return the JSON text of an object; absent and null are the empty one."""
    if len(raw) == 0:
        return "{}"
    text = str(memoryview(raw), "utf-8")
    if text[0] == "{":
        return text
    if text == "null":
        return "{}"
    raise NotAccepted("malformed", f"{field} must be an object")


def _context(raw: Raw, shared: dict[str, Any]) -> tuple[str, _Context]:
    """Return the context as text and what is looked at in it; the item's own values go before the batch's."""
    text = _text(raw, "context")
    if shared:
        text = str(_encode({**shared, **_objects.decode(text)}), "utf-8")
    try:
        return text, _contexts.decode(text)
    except msgspec.ValidationError:
        return text, _lenient(_objects.decode(text))


def _lenient(context: dict[str, Any]) -> _Context:
    """Read a context in which something is of another type than it should be: that part is as if absent."""
    page, agent = context.get("page"), context.get("userAgent")
    url = page.get("url") if isinstance(page, dict) else None
    return _Context(
        page=_Page(url if isinstance(url, str) else None) if isinstance(page, dict) else None,
        user_agent=agent if isinstance(agent, str) else None,
        device=context.get("device"),
        consent=context.get("consent"),
        traits=Raw(_encode(context.get("traits"))),
    )


def _refuse_crawlers(context: _Context, received: Received) -> None:
    """Keep programs that read the web out: the event's own user agent decides, for a page else the request's."""
    agent = context.user_agent or (received.user_agent if context.page else "")
    if agent and is_crawler(agent):
        raise NotAccepted("bot", "sent by a program that reads the web, by its user agent")


def _url(said: _Properties, context: _Context) -> str | None:
    if context.page is not None and context.page.url:
        return context.page.url
    return said.url if isinstance(said.url, str) else None


def _traits(raw: Raw, in_context: Raw) -> dict[str, object]:
    """Return the traits; RudderStack's SDKs put them into the context instead."""
    text = _text(raw, "traits")
    if text == "{}" and len(in_context) and memoryview(in_context)[:1] == b"{":
        text = str(memoryview(in_context), "utf-8")
    traits = _objects.decode(text)
    return _bounded(traits) if _LONG_NUMBER.search(text) else traits


def _bounded(value: Any) -> Any:
    """Return ``value`` with numbers of over 64 bits as text: neither the inbox nor a column holds them as numbers."""
    if isinstance(value, dict):
        return {key: _bounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_bounded(each) for each in value]
    return str(value) if isinstance(value, int) and not -_64_BITS <= value < _64_BITS else value


def _device(context: _Context) -> str | None:
    """Return the device's id, only when the event says that the person agreed to its use.

    Read from Segment's consent object: ``context.consent.categoryPreferences.device`` is true.
    """
    if not isinstance(context.device, dict) or not isinstance(context.consent, dict):
        return None
    choices = context.consent.get("categoryPreferences")
    agreed = isinstance(choices, dict) and choices.get("device") is True
    value = context.device.get("id")
    return _id(value) if agreed and isinstance(value, str | int) else None
