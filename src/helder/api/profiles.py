"""Profiles: who somebody is, by any identity, in milliseconds: read from the projections, not from the facts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.datastructures import State as AppState
from litestar.params import Parameter

from helder.api.caller import caller_of, needs
from helder.clock import aware
from helder.errors import NotFound
from helder.store.projections.records import StoredProfile

AnyRequest = Request[Any, Any, Any]


class IdentityOut(msgspec.Struct, frozen=True):
    """One external key of a person."""

    kind: str
    value: str


class ProfileOut(msgspec.Struct, frozen=True, kw_only=True):
    """One person as Helder knows them."""

    profile_id: str
    """A 63-bit number as text: JavaScript cannot hold it."""
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
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    identities: list[IdentityOut]
    segments: list[str]
    """Keys of the segments that the person is in."""


@get(
    "/v1/profiles/{profile_id:int}",
    tags=["profiles"],
    guards=[needs("marketer")],
    sync_to_thread=False,
    summary="A person by profile id",
)
def profile_by_id(request: AnyRequest, state: AppState, profile_id: int) -> ProfileOut:
    """Return a golden record with identities and segments. The reading is noted in the audit trail."""
    return _profile(request, state, profile_id)


@get(
    "/v1/profiles/{kind:str}/{value:str}",
    tags=["profiles"],
    guards=[needs("marketer")],
    sync_to_thread=False,
    summary="A person by any identity",
)
def profile_by_identity(
    request: AnyRequest,
    state: AppState,
    kind: Annotated[str, Parameter(description="Such as email, phone, customer:shop or anonymous:site.")],
    value: Annotated[str, Parameter(description="As any source writes it; it is normalised here.")],
) -> ProfileOut:
    """Return the golden record of whoever has this identity. The reading is noted in the audit trail."""
    api = state["api"]
    identity = api.identifiers.identity(kind, value)
    found = api.online.profile_of([identity.id]) if identity is not None else {}
    if not found:
        raise NotFound(f"nobody has this identity of kind {kind!r}")
    return _profile(request, state, next(iter(found.values())))


def _profile(request: AnyRequest, state: AppState, profile_id: int) -> ProfileOut:
    """Return one person, and note who looked."""
    api = state["api"]
    stored: StoredProfile | None = api.online.profile(profile_id)
    identities = api.online.identities(profile_id)
    if stored is None and not identities:
        raise NotFound("there is no such profile (any more)")
    api.trail.note(f"key:{caller_of(request).name}", "profile.read", f"profile:{profile_id}")
    names = api.segment_names()
    fields: dict[str, Any] = msgspec.structs.asdict(stored or StoredProfile(profile_id=profile_id))
    fields |= {name: aware(fields[name]) for name in ("first_seen", "last_seen") if fields[name] is not None}
    del fields["email_identity"]
    fields["profile_id"] = str(profile_id)
    return ProfileOut(
        **fields,
        identities=[IdentityOut(each.kind, each.value) for each in identities],
        segments=sorted(names[each] for each in api.online.segments_of(profile_id) if each in names),
    )
