"""What a dialect is: the paths that a family of clients sends to, and how its requests are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec import Raw, Struct

from helder.collect.item import Call, Item, Received, Scalar

MAX_BODY = 500 * 1024
"""Bytes of a whole request, after decompression."""
MAX_ITEM = 32 * 1024
"""Bytes of one event."""
MAX_BATCH = 2500
"""Events in one request."""


class Limits(Struct, frozen=True):
    """How much one request may hold."""

    body: int = MAX_BODY
    """Bytes, after decompression."""
    item: int = MAX_ITEM
    """Bytes of one item."""
    batch: int = MAX_BATCH
    """Items."""


class Opened(Struct, frozen=True, gc=False):
    """A request taken apart, before any of its items is looked at."""

    items: list[Raw]
    """Each as it came: what is refused is kept so."""
    call: Call
    """What they share."""
    read: Callable[[Raw], Sequence[Item]]
    """Returns what one of ``items`` says; most say one thing, some also something about the person."""


class Dialect(Struct, frozen=True):
    """One family of clients."""

    name: str
    paths: Mapping[str, str]
    """Path without a slash at the end → kind of call: ``batch``, or what a request of one call is."""
    open: Callable[[bytes, str, Received], Opened]
    """Takes a body of a kind apart. Raises msgspec's errors when it cannot be read, and ``NotAccepted``."""
    key: Callable[[bytes, str], str]
    """Returns the write key that the body or the query of the address holds, when no header does; else empty text."""
    limits: Limits = Limits()
    success: bytes = b'{"success":true}'
    """The body of an answer that this family takes for success."""


def as_scalar(value: object) -> Scalar:
    """Return a value of any JSON as an id, a name or a moment may be; what cannot be one is none."""
    return value if isinstance(value, str | int | float) and not isinstance(value, bool) else None
