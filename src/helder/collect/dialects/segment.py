"""Segment's HTTP tracking API, as the released clients of Segment and RudderStack really speak it.

https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from helder.collect.dialects.dialect import Dialect, Opened
from helder.collect.item import Call, Item, NotAccepted, Received, Scalar
from helder.collect.moment import read_moment

PATHS: Mapping[str, str] = {
    **{f"/v1/{kind}": kind for kind in ("track", "identify", "page", "screen", "group", "alias", "batch")},
    "/v1/t": "track",
    "/v1/i": "identify",
    "/v1/p": "page",
    "/v1/s": "screen",
    "/v1/g": "group",
    "/v1/a": "alias",
    "/v1/b": "batch",
    "/v1/import": "batch",
}
"""The short ones are analytics-next's."""


class Keyed(Struct, rename="camel"):
    """A body of which only the write key is looked at."""

    write_key: str = ""


class _Batch(Struct, rename="camel"):
    batch: list[Raw]
    sent_at: Scalar = None
    context: Raw = Raw()


MAX_SHARED = 8 * 2**20
"""Bytes of the batch's context times its items: every event gets it, and a small request must not fill the memory."""
_batches = Decoder(_Batch)
_anything = Decoder(Any)
_items = Decoder(Item)
_keyed = Decoder(Keyed)


def open_request(body: bytes, kind: str, received: Received) -> Opened:
    """Take a request apart: a batch, or a single call that is the whole body."""
    if kind != "batch":
        return Opened([Raw(body)], Call(received=received, kind=kind), read_item)
    batch = _batches.decode(body)
    if len(batch.context) * len(batch.batch) > MAX_SHARED:
        raise NotAccepted("too_large", f"a context that all items share makes at most {MAX_SHARED // 2**20} MB of them")
    context = _anything.decode(batch.context) if batch.context else None
    shared = context if isinstance(context, dict) else {}
    return Opened(batch.batch, Call(received=received, sent=read_moment(batch.sent_at), context=shared), read_item)


def read_item(raw: Raw) -> Sequence[Item]:
    """Return the one item that ``raw`` is."""
    return (_items.decode(raw),)


def key_of(body: bytes, _query: str) -> str:
    """Return the field ``writeKey``; what follows a colon in it is a secret that is not needed, or ``***``."""
    try:
        return _keyed.decode(body).write_key.partition(":")[0]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


SEGMENT = Dialect(name="segment", paths=PATHS, open=open_request, key=key_of)
