"""What ``online`` answers with."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class KnownIdentity(msgspec.Struct, frozen=True):
    """One external key of a person."""

    identity_id: int
    kind: str
    value: str


class StoredProfile(msgspec.Struct, frozen=True, kw_only=True):
    """The golden record of one profile, as the facts' table ``profile`` holds it. Moments are naive UTC."""

    profile_id: int
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    infix: str | None = None
    last_name: str | None = None
    gender: str | None = None
    birth_date: date | None = None
    street: str | None = None
    house_number: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    language: str | None = None
    display_name: str | None = None
    email_identity: int | None = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None


class MemberChange(msgspec.Struct, frozen=True):
    """Someone came into a segment, or left it."""

    seq: int
    """Position; grows with every change and is never used again."""
    segment_id: int
    segment_version: int
    profile_id: int
    identity_id: int
    """An identity of that profile which stays when profiles merge: enrolments keep it."""
    entered: bool
    at: datetime
    """When it was found out, naive UTC."""


class MemberState(msgspec.Struct, frozen=True):
    """How fresh the memberships of a segment are."""

    segment_id: int
    version: int
    computed_batch: int
    """Facts batch up to which they are computed."""
    computed_at: datetime
    """When, naive UTC."""
