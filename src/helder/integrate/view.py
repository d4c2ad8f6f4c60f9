"""What is shown of one person."""

from __future__ import annotations

from datetime import datetime

import msgspec

from helder.govern.catalogue import Words


class LostValue(msgspec.Struct, frozen=True):
    """A value that was stated, and does not hold."""

    value: str
    source: str
    at: datetime
    """Aware UTC."""
    said: Words | None = None
    """What the value is called, when it is one of a closed choice."""


class GoldenValue(msgspec.Struct, frozen=True):
    """One field of the golden record, with where it came from."""

    field: str
    label: Words
    value: str
    source: str
    at: datetime
    """Since when (aware UTC)."""
    why: Words
    """Why this value holds."""
    live: bool
    """Read from its source just now: Helder keeps no copy."""
    lost: tuple[LostValue, ...] = ()
    said: Words | None = None
    """What the value is called, when it is one of a closed choice."""


class ViewedIdentity(msgspec.Struct, frozen=True):
    """One external key of the person."""

    identity_id: int
    kind: str
    value: str
    first_seen: datetime
    """Aware UTC."""


class ViewedLink(msgspec.Struct, frozen=True):
    """Why two identities are one person, or (``refused`` is set) why a link between them was not followed."""

    a: str
    """As ``kind value``."""
    b: str
    reason: str
    strength: int
    source: str
    refused: str = ""
    """crowded_key | shared_key | cut | two_customers; empty when the link was followed."""


class Happening(msgspec.Struct, frozen=True):
    """One entry of the timeline."""

    at: datetime
    """Aware UTC."""
    what: Words
    detail: str
    """All that is told of it, in no language: for programs."""
    source: str
    live: bool = False
    said: Words | None = None
    """The same for people, without the amount, which each language writes in its own way; none for an event."""
    amount_micros: int | None = None
    """Millionths of ``currency``."""
    currency: str = ""


class Permission(msgspec.Struct, frozen=True):
    """The latest choice for a purpose, by one identity."""

    purpose: str
    channel: str
    title: str
    choice: str
    at: datetime
    """Aware UTC."""
    source: str


class ProfileView(msgspec.Struct, frozen=True, kw_only=True):
    """One person: golden record with provenance, identities, links and timeline."""

    profile_id: int
    name: str
    """The best name known; empty when none is."""
    values: tuple[GoldenValue, ...]
    identities: tuple[ViewedIdentity, ...]
    links: tuple[ViewedLink, ...]
    permissions: tuple[Permission, ...]
    timeline: tuple[Happening, ...]
    """Newest first."""
    sources: tuple[str, ...]
    """Every source that knows the person."""
    unavailable: tuple[str, ...] = ()
    """Live sources that could not be read, and why: what they know is missing here."""
