"""Finding one person by an e-mail address, a number or a name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from helder.errors import Conflict, NotFound
from helder.integrate.definitions import read_definitions
from helder.integrate.identifiers import Identifiers
from helder.integrate.loading import wanted_ids
from helder.integrate.names import name_key
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table
from helder.store.state import State

_LISTED = 5


def find_identity(facts: Facts, state: State, key: bytes, text: str) -> int:
    """Return the identity (or, by a name, the profile) that ``text`` means.

    Args:
        facts: holds the identities.
        state: knows the sources, and so the kinds of numbers.
        key: the installation's secret.
        text: an e-mail address, a telephone number, a customer number, a profile id, ``kind value``, or a name.

    Raises:
        NotFound: when nobody is meant.
        Conflict: when several people are; the message tells how to name one.
    """
    known = _known(facts, _candidates(state, key, text))
    if len(known) == 1 or (known and len(_profiles(facts, known)) == 1):
        return known[0]
    if known:
        raise Conflict(
            f"several people have that key: name one by its number: {_listed(facts, _profiles(facts, known))}"
        )
    profiles = _by_name(facts, key, text)
    if not profiles:
        raise NotFound("nobody is known by that e-mail address, number or name")
    if len(profiles) > 1:
        raise Conflict(f"{len(profiles)} people have that name: name one by its number: {_listed(facts, profiles)}")
    return profiles[0]


def profile_of(facts: Facts, identity: int) -> int:
    """Return the profile that an identity stands under now.

    Raises:
        NotFound: when it stands under none (yet).
    """
    found = _profiles(facts, [identity])
    if not found:
        raise NotFound("that identity is not resolved yet")
    return found[0]


def _candidates(state: State, key: bytes, text: str) -> list[int]:
    """Return the ids of the identities that ``text`` may mean."""
    identifiers = Identifiers(key)
    kinds = {"email", "phone", "loyalty", "device"}
    for source, found in read_definitions(state).items():
        kinds |= {kind for item in found.mapping.object for kind, _ in item.kinds()}
        kinds |= {f"user:{source}", f"anonymous:{source}", found.mapping.user_id_kind} - {""}
    named, _, value = text.partition(" ")
    pairs = [(named, value)] if named in kinds and value else [(kind, text) for kind in sorted(kinds)]
    made = [identifiers.identity(kind, raw) for kind, raw in pairs]
    ids = [identity.id for identity in made if identity is not None]
    return [*ids, int(text)] if text.isdigit() and len(text) < 20 else ids


def _known(facts: Facts, ids: list[int]) -> list[int]:
    expr = table("identity").semi_join(wanted_ids(), "identity_id").select("identity_id").distinct()
    return sorted(facts.read(expr, wanted=_wanted(ids))["identity_id"].to_pylist())


def _profiles(facts: Facts, ids: list[int]) -> list[int]:
    expr = table("identity_profile").semi_join(wanted_ids(), "identity_id").select("profile_id").distinct()
    return sorted(facts.read(expr, wanted=_wanted(ids))["profile_id"].to_pylist())


def _by_name(facts: Facts, key: bytes, text: str) -> list[int]:
    """Return the profiles that bear a name, those known from live sources only too."""
    name = name_key("", "", "", text, key)
    if not name.surname:
        return []
    rows = table("name_key")
    rows = rows.filter(rows.surname_key == name.surname)
    if name.first:
        rows = rows.filter(rows.first_key == name.first)
    ids = facts.read(rows.select("identity_id").distinct())["identity_id"].to_pylist()
    profile = table("profile")
    shown = profile.filter(profile.display_name.lower() == text.strip().lower()).select("profile_id")
    more = facts.read(shown)["profile_id"].to_pylist()
    return sorted({*_profiles(facts, ids), *more})


def _wanted(ids: list[int]) -> pa.Table:
    return pa.table({"identity_id": pa.array(np.array(ids, np.int64))})


def _listed(facts: Facts, profiles: list[int]) -> str:
    """Return the first few people by number, name, town and masked address: enough to know whom one means."""
    profile = table("profile").semi_join(wanted_ids(), {"profile_id": "identity_id"})
    rows = facts.read(profile.select("profile_id", "display_name", "city", "email"), wanted=_wanted(profiles[:_LISTED]))
    told = {row["profile_id"]: (row["display_name"], row["city"], masked(row["email"])) for row in rows.to_pylist()}
    said = [
        f"{each} ({', '.join(filter(None, told.get(each, ()))) or 'known live only'})" for each in profiles[:_LISTED]
    ]
    more = f" … ({len(profiles)} in all)" if len(profiles) > _LISTED else ""
    return "; ".join(said) + more


def masked(address: str | None) -> str:
    """Return an e-mail address of which only the first letter and the domain can be read."""
    name, at, domain = (address or "").rpartition("@")
    return f"{name[:1]}…@{domain}" if at else ""
