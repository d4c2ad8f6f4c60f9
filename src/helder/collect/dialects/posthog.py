"""PostHog's clients: ``distinct_id``, and events whose names begin with a dollar sign.

https://posthog.com/docs/api/capture. A ``distinct_id`` is the user's once somebody is identified, and until then the
browser's own number; which of the two it is, the clients say in properties. What ``$set`` and ``$set_once`` say about
the person becomes an identify call.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

from helder.collect.dialects.dialect import Dialect, Limits, Opened, as_scalar
from helder.collect.dialects.posthog_context import context_of
from helder.collect.item import Call, Item, Received, Scalar
from helder.collect.moment import read_moment

_LARGEST = 5 * 1024 * 1024
"""Bytes of a request: the Python client sends batches of up to 5 MB."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COOKIELESS = "$posthog_cookieless"
"""What stands for everybody's id where a page keeps none."""
_OF_TRANSPORT = ("$set", "$set_once", "$unset", "token", "distinct_id", "$anon_distinct_id")
"""Properties that are no properties of what happened."""


class _Request(Struct):
    """A request: one event, or several in ``batch``."""

    batch: list[Raw] | None = None
    sent_at: Scalar = None


class _Event(Struct):
    event: Scalar = None
    distinct_id: Scalar = None
    dollar_distinct_id: Scalar = msgspec.field(name="$distinct_id", default=None)
    properties: dict[str, Any] | None = None
    timestamp: Scalar = None
    offset: Scalar = None
    uuid: Scalar = None
    sent_at: Scalar = None
    told: dict[str, Any] | None = msgspec.field(name="$set", default=None)
    told_once: dict[str, Any] | None = msgspec.field(name="$set_once", default=None)


class _Token(Struct):
    token: str = ""


class _Keyed(Struct):
    """A body of which only the key is looked at, in each place where clients put it."""

    api_key: str = ""
    token: str = ""
    dollar_token: str = msgspec.field(name="$token", default="")
    properties: _Token | None = None
    batch: list[_Keyed] | None = None

    def key(self) -> str:
        """Return the key: the request's own, else that of its first event."""
        inner = self.properties.token if self.properties else self.batch[0].key() if self.batch else ""
        return self.api_key or self.token or self.dollar_token or inner


_requests = Decoder(_Request)
_lists = Decoder(list[Raw])
_events = Decoder(_Event)
_keyed = Decoder(_Keyed | list[_Keyed])
_encode = Encoder().encode


def _open(body: bytes, _kind: str, received: Received) -> Opened:
    """Take a request apart: one event, a list of them, or a batch."""
    plain = _plain(body).strip()
    sent: Scalar = next(iter(parse_qs(received.query).get("sent_at", [])), None)
    if plain.startswith(b"["):
        items = _lists.decode(plain)
    else:
        request = _requests.decode(plain)
        items, sent = [Raw(plain)] if request.batch is None else request.batch, request.sent_at or sent
    call = Call(received=received, sent=read_moment(_number(sent)))
    return Opened(items, call, partial(_read, received=received))


def _plain(body: bytes) -> bytes:
    """Return the JSON of a body that is a form with the field ``data``, in base64: what ``sendBeacon`` sends."""
    if not body.startswith(b"data="):
        return body
    text = unquote_plus(body[5:].partition(b"&")[0].decode("latin-1"))
    try:
        return base64.b64decode(text.replace(" ", "+"))
    except (binascii.Error, ValueError):
        return text.encode()


def _number(value: Scalar) -> Scalar:
    """Return a number that a query holds as text as the number it is."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _read(raw: Raw, received: Received) -> Sequence[Item]:
    """Return what one event says: what happened, and what it tells about the person."""
    event = _events.decode(raw)
    said = event.properties or {}
    told = _told(said.get("$set_once"), event.told_once, said.get("$set"), event.told)
    item = _item(event, said, told, received)
    if item.type == "identify" or not told or item.type == "group":
        return (item,)
    return (item, _person(item, told))


def _told(*layers: object) -> dict[str, Any]:
    """Return what is told about the person, the last layer first.

    The browser's client adds what it knows of the visit, under names with a dollar sign and often empty.
    """
    every = {name: value for layer in layers for name, value in _object(layer).items()}
    return {name: value for name, value in every.items() if value is not None and not name.startswith("$")}


def _item(event: _Event, said: dict[str, Any], told: dict[str, Any], received: Received) -> Item:
    """Return the item that an event is."""
    user, anonymous = _who(event, said)
    item = Item(
        type="track",
        event=event.event,
        user_id=user,
        anonymous_id=anonymous,
        message_id=event.uuid if event.uuid is not None else as_scalar(said.get("$insert_id")),
        timestamp=_stamp(event, received),
        sent_at=_number(event.sent_at),
        properties=Raw(_encode({name: value for name, value in said.items() if name not in _OF_TRANSPORT})),
        context=Raw(_encode(context_of(said))),
    )
    match event.event:
        case "$identify" | "$set":
            item.type, item.traits = "identify", Raw(_encode(told))
        case "$create_alias" | "$merge_dangerously":
            _alias(item, said)
        case "$groupidentify":
            item.type, item.group_id = "group", as_scalar(said.get("$group_key"))
            item.traits = Raw(_encode(_object(said.get("$group_set"))))
        case "$pageview":
            item.type, item.name = "page", as_scalar(said.get("title"))
        case "$screen":
            item.type, item.name = "screen", as_scalar(said.get("$screen_name"))
        case None if told:  # the old path /engage sends no event, only what is told
            item.type, item.traits = "identify", Raw(_encode(told))
    return item


def _person(item: Item, told: Mapping[str, Any]) -> Item:
    """Return what an event tells about the person, as a call beside it."""
    return Item(
        type="identify",
        user_id=item.user_id,
        anonymous_id=item.anonymous_id,
        message_id=f"{item.message_id}-set" if item.message_id is not None else None,
        timestamp=item.timestamp,
        sent_at=item.sent_at,
        context=item.context,
        traits=Raw(_encode(told)),
    )


def _who(event: _Event, said: Mapping[str, Any]) -> tuple[Scalar, Scalar]:
    """Return the user's id and the anonymous one."""
    shown = _id(event.distinct_id) or _id(event.dollar_distinct_id) or _id(said.get("distinct_id"))
    device, user = _id(said.get("$device_id")), _id(said.get("$user_id"))
    if event.event == "$identify":
        before = _id(said.get("$anon_distinct_id")) or device
        return shown, before if before != shown else None
    if user is not None:
        return user, device if device != user else None
    if _anonymous(event, said, shown):
        return None, shown
    return shown, device


def _id(value: object) -> Scalar:
    """Return an id; what stands for everybody is none."""
    return None if value == _COOKIELESS else as_scalar(value)


def _anonymous(event: _Event, said: Mapping[str, Any], shown: object) -> bool:
    """Tell whether a ``distinct_id`` is no user's.

    It says so itself, or it is the browser's; and to say something about a group, servers that name nobody make one up.
    """
    if said.get("$is_identified") is False or said.get("$process_person_profile") is False:
        return True
    if event.event == "$groupidentify" and "$device_id" not in said:
        return str(shown).startswith("$") or _UUID.fullmatch(str(shown)) is not None
    return shown is not None and shown == said.get("$device_id")


def _alias(item: Item, said: Mapping[str, Any]) -> None:
    """Make ``item`` an alias call. PostHog joins the two whichever comes first; Helder is told which was the older id.

    The Python client sends the older one as ``distinct_id``, all others as ``alias``.
    """
    item.type = "alias"
    shown, alias = item.user_id if item.user_id is not None else item.anonymous_id, _id(said.get("alias"))
    item.anonymous_id = None
    item.user_id, item.previous_id = (alias, shown) if said.get("$lib") == "posthog-python" else (shown, alias)


def _stamp(event: _Event, received: Received) -> Scalar:
    """Return when it happened; ``offset`` is how many milliseconds before sending that was."""
    if event.timestamp is not None or not isinstance(event.offset, int | float):
        return event.timestamp
    try:
        moment: datetime = received.at - timedelta(milliseconds=event.offset)
    except OverflowError:
        return None
    return moment.isoformat()


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _key(body: bytes, _query: str) -> str:
    """Return ``api_key`` or ``token``, of the request or of its first event."""
    try:
        found = _keyed.decode(_plain(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    first = found[0] if isinstance(found, list) and found else found
    return "" if isinstance(first, list) else first.key()


POSTHOG = Dialect(
    name="posthog",
    paths={"/batch": "batch", **dict.fromkeys(("/e", "/i/v0/e", "/capture", "/track", "/engage"), "capture")},
    open=_open,
    key=_key,
    limits=Limits(body=_LARGEST),
    success=b'{"status":1}',
)
