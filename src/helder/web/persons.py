"""People as lists show them: a name, initials in a colour that stays theirs, and what they are known by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from helder.clock import aware
from helder.store.projections.records import StoredProfile
from helder.web.app import AnyRequest, pages_of
from helder.web.translate import Translator


class Person(msgspec.Struct, frozen=True):
    """One line of the list."""

    id: int
    name: str
    initials: str
    hue: int
    known_by: str
    city: str
    seen: str


def people_of(request: AnyRequest, t: Translator, ids: Sequence[int]) -> list[Person]:
    """Return the lines of ``ids`` in their order; those who are gone are left out."""
    pages = pages_of(request)
    found = {each.profile_id: each for each in pages.online.profiles(ids)}
    return [_person(request, t, found[each]) for each in ids if each in found]


def name_of(t: Translator, stored: StoredProfile) -> str:
    """Return what somebody is called: by name, else by what is known of them."""
    parts = (stored.first_name, stored.infix, stored.last_name)
    return " ".join(filter(None, parts)) or stored.display_name or stored.email or t.gettext("No name known")


def _person(request: AnyRequest, t: Translator, stored: StoredProfile) -> Person:
    name = name_of(t, stored)
    pages = pages_of(request)
    known_by: str = stored.email or stored.phone or _number(pages.online.identities(stored.profile_id))
    seen = t.since(aware(stored.last_seen), pages.clock()) if stored.last_seen else ""
    return Person(stored.profile_id, name, t.initials(name), stored.profile_id % 5, known_by, stored.city or "", seen)


def _number(identities: Sequence[Any]) -> str:
    """Return a customer number, when there is one."""
    return next((each.value for each in identities if each.kind.startswith(("customer:", "loyalty"))), "")
