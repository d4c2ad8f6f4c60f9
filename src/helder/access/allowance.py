"""What a write key is told to allow: for whom it is, from where, how fast."""

from __future__ import annotations

import re
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Row

from helder.errors import InvalidInput

_ORIGIN = re.compile(r"https?://(\*\.)?[a-z0-9.-]+(:\d{1,5})?")
Use: TypeAlias = Literal["any", "page", "server"]
"""What a write key is for. A page shows its key to everyone: such a key cannot import, or send what is for servers."""


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What a write key may be told to allow."""

    use: Use = "any"
    origins: tuple[str, ...] = ()
    """Origins of pages that may send; empty means any sender."""
    events_per_second: float | None = None
    """None means no limit."""
    burst: int | None = None
    """Events at once; ten seconds' worth when None."""


def said(allows: Allowance) -> str:
    """Return in words what is special about a key; empty when nothing is."""
    parts = [f"for a {allows.use}"] if allows.use != "any" else []
    parts += [f"from {', '.join(allows.origins)}"] if allows.origins else []
    if allows.events_per_second is not None:
        parts.append(f"{allows.events_per_second:g} events a second")
    if allows.burst is not None:
        parts.append(f"{allows.burst} at once")
    return "; ".join(parts)


def values_of(allows: Allowance) -> dict[str, Any]:
    """Return the columns for what a key allows, checked."""
    origins = [each.lower().rstrip("/") for each in allows.origins]
    if wrong := [each for each in origins if not _ORIGIN.fullmatch(each)]:
        raise InvalidInput(f"{wrong[0]!r} is no origin; one is https://www.example.com, or https://*.example.com")
    if origins and allows.use == "server":
        raise InvalidInput("a key for servers has no origins: only pages have one")
    if not all(each is None or each > 0 for each in (allows.events_per_second, allows.burst)):
        raise InvalidInput("a limit is more than nothing; to end a key, use `helder key revoke`")
    if allows.burst is not None and allows.events_per_second is None:
        raise InvalidInput("a burst needs a rate too")
    return {
        "use": allows.use,
        "allowed_origins": msgspec.json.encode(origins).decode(),
        "events_per_second": allows.events_per_second,
        "burst": allows.burst,
    }


def allowance_of(row: Row[Any]) -> Allowance:
    """Return what a row says that its key allows."""
    origins = msgspec.json.decode(row.allowed_origins, type=tuple[str, ...])
    values = {"use": row.use, "origins": origins, "events_per_second": row.events_per_second, "burst": row.burst}
    return msgspec.convert(values, Allowance)
