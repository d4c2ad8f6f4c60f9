"""Google Analytics 4's Measurement Protocol.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference

``client_id`` is the browser's number, ``user_id`` the user's. Recommended events get the names that Helder's catalogue
has for them (``purchase`` is ``Order Completed``); parameters keep their values, and the few that the catalogue calls
otherwise get its name. ``user_properties`` become an identify call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

from msgspec import Raw, Struct
from msgspec.json import Decoder, Encoder

from helder.collect.dialects.dialect import Dialect, Limits, Opened, as_scalar
from helder.collect.item import Call, Item, Received, Scalar

NAMES: Mapping[str, str] = {
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "view_item": "Product Viewed",
    "select_item": "Product Clicked",
    "view_item_list": "Product List Viewed",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "view_cart": "Cart Viewed",
    "add_to_wishlist": "Product Added to Wishlist",
    "begin_checkout": "Checkout Started",
    "add_payment_info": "Payment Info Entered",
    "view_promotion": "Promotion Viewed",
    "select_promotion": "Promotion Clicked",
    "search": "Products Searched",
    "login": "Signed In",
    "sign_up": "Signed Up",
    "share": "Product Shared",
}
"""Recommended event → its name in Segment's specification; any other keeps its own."""

_PARAMS = {"transaction_id": "order_id", "items": "products", "search_term": "query"}
_ITEM = {"item_id": "product_id", "item_name": "name", "item_brand": "brand", "item_category": "category",
         "item_variant": "variant", "item_list_name": "list"}  # fmt: skip
_PAGE = {"page_location": "url", "page_title": "title", "page_referrer": "referrer"}


class _Request(Struct):
    """The body of a request."""

    events: list[Raw] = []
    client_id: Scalar = None
    app_instance_id: Scalar = None
    user_id: Scalar = None
    timestamp_micros: Scalar = None
    user_properties: dict[str, Any] | None = None
    user_data: dict[str, Any] | None = None
    consent: dict[str, Any] | None = None


class _Event(Struct):
    name: Scalar = None
    params: dict[str, Any] | None = None
    timestamp_micros: Scalar = None


_requests = Decoder(_Request)
_events = Decoder(_Event)
_encode = Encoder().encode


def _open(body: bytes, _kind: str, received: Received) -> Opened:
    """Take a request apart."""
    request = _requests.decode(body)
    return Opened(request.events, Call(received=received), _reader(request))


def _reader(request: _Request) -> Callable[[Raw], Sequence[Item]]:
    """Return how the items of ``request`` are read; what it says about the person goes with the first."""
    place = 0

    def read(raw: Raw) -> Sequence[Item]:
        nonlocal place
        place += 1
        item = _item(_events.decode(raw), raw, request, place)
        return (item,) if place > 1 or not request.user_properties else (_person(item, request.user_properties), item)

    return read


def _item(event: _Event, raw: Raw, request: _Request, place: int) -> Item:
    """Return the item that one event is."""
    properties, context = _said(event.params or {}, request)
    micros = event.timestamp_micros if event.timestamp_micros is not None else request.timestamp_micros
    item = Item(
        type="track",
        event=NAMES.get(str(event.name), event.name),
        user_id=request.user_id,
        anonymous_id=request.client_id if request.client_id is not None else request.app_instance_id,
        timestamp=_seconds(micros),
        message_id=_message_id(request, raw, micros, place),
        context=Raw(_encode({"library": {"name": "GA4 Measurement Protocol"}, "ga4": {"name": event.name}, **context})),
        properties=Raw(_encode(properties)),
    )
    if event.name in {"page_view", "screen_view"}:
        kind, field = ("page", "title") if event.name == "page_view" else ("screen", "screen_name")
        item.type, item.name = kind, as_scalar(properties.get(field))
    return item


def _person(item: Item, properties: Mapping[str, Any]) -> Item:
    """Return what a request says about the person, as a call beside its first event."""
    said = {name: value.get("value") if isinstance(value, dict) else value for name, value in properties.items()}
    return Item(
        type="identify",
        user_id=item.user_id,
        anonymous_id=item.anonymous_id,
        timestamp=item.timestamp,
        message_id=f"{item.message_id}-user" if item.message_id else None,
        context=item.context,
        traits=Raw(_encode(said)),
    )


def _said(params: Mapping[str, Any], request: _Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the properties of an event and its context."""
    page = {ours: params[theirs] for theirs, ours in _PAGE.items() if theirs in params}
    properties = {_PAGE.get(name, _PARAMS.get(name, name)): value for name, value in params.items()}
    if isinstance(params.get("items"), list):
        properties["products"] = [_product(item) for item in params["items"]]
    context = {"page": page, "user_data": request.user_data, "consent": request.consent}
    return properties, {name: value for name, value in context.items() if value}


def _product(item: object) -> object:
    return {_ITEM.get(name, name): value for name, value in item.items()} if isinstance(item, dict) else item


def _seconds(micros: Scalar) -> float | None:
    """Return seconds since 1970; a text of digits is taken as well."""
    try:
        return None if micros is None else float(micros) / 1_000_000
    except ValueError:
        return None


def _message_id(request: _Request, raw: Raw, micros: Scalar, place: int) -> str | None:
    """Return the same id for the same event sent again, if it has a moment: the protocol knows no ids of events."""
    if micros is None:
        return None
    whose = _encode([request.client_id, request.app_instance_id, request.user_id, micros, place])
    return "ga4-" + blake2b(whose + bytes(raw), digest_size=16).hexdigest()


def _key(_body: bytes, query: str) -> str:
    """Return ``api_secret``."""
    return next(iter(parse_qs(query).get("api_secret", [])), "")


GA4 = Dialect(
    name="ga4",
    paths={"/mp/collect": "batch", "/debug/mp/collect": "debug"},
    open=_open,
    key=_key,
    limits=Limits(body=130 * 1024, batch=25),
)
