"""Who did what a journey is for after entering it, and what that brought: from the facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import ibis
import msgspec
import pyarrow as pa

from helder.store.facts.protocol import Reader
from helder.store.facts.schema import table

_MICROS = 1_000_000


class Done(msgspec.Struct, frozen=True):
    """One time that a person reached the goal."""

    profile_id: int
    places: float
    amount_micros: int


def profiles_of(reader: Reader, identities: Sequence[int]) -> dict[int, int]:
    """Return identity → profile; an identity that stands under none is a person of its own."""
    asked = ibis.table({"identity_id": "int64"}, name="asked")
    groups = table("identity_profile")
    rows = reader.read(
        groups.join(asked, "identity_id").select("identity_id", "profile_id"),
        asked=pa.table({"identity_id": pa.array(identities, pa.int64())}),
    )
    found = dict(zip(rows["identity_id"].to_pylist(), rows["profile_id"].to_pylist(), strict=True))
    return {each: found.get(each, each) for each in identities}


def reached(reader: Reader, name: str, entered: Mapping[int, datetime]) -> list[Done]:
    """Return each time that one of these people reached the goal, not before entering.

    Args:
        reader: of the facts.
        name: of the event that is the goal.
        entered: profile → moment of entering, naive UTC.
    """
    if not name or not entered:
        return []
    profile_of = _identities_of(reader, list(entered))
    event, asked = table("every_event"), ibis.table({"identity_id": "int64"}, name="asked")
    mine = event.filter(event.name == name).select("identity_id", "at", "properties", "value_micros")
    rows = reader.read(
        mine.join(asked, "identity_id").select("identity_id", "at", "properties", "value_micros"),
        asked=pa.table({"identity_id": pa.array(list(profile_of), pa.int64())}),
    )
    found: list[dict[str, Any]] = [{**row, "profile_id": profile_of[row["identity_id"]]} for row in rows.to_pylist()]
    return [done(row) for row in found if row["at"] >= entered[row["profile_id"]]]


def sold_since(reader: Reader, name: str, since: datetime) -> list[Done]:
    """Return each time that anybody reached the goal since a moment (naive UTC)."""
    if not name:
        return []
    event = table("every_event")
    wanted = event.filter(event.name == name, event["at"] >= ibis.literal(since))
    rows = reader.read(wanted.select("identity_id", "properties", "value_micros", "message_id"))
    return [done({**row, "profile_id": row["identity_id"]}) for row in rows.to_pylist()]


def done(row: Mapping[str, Any]) -> Done:
    """Return what one event says: places (property ``places`` or ``quantity``, else 1) and what they cost together."""
    properties = msgspec.json.decode(row["properties"] or "{}")
    said = properties if isinstance(properties, dict) else {}
    places = _number(said.get("places"), _number(said.get("quantity"), 1.0))
    paid = row["value_micros"] or round(_number(said.get("price"), 0.0) * places * _MICROS)
    return Done(row["profile_id"], places, int(paid))


def _identities_of(reader: Reader, profiles: Sequence[int]) -> dict[int, int]:
    """Return identity → profile of every identity of these profiles."""
    asked = ibis.table({"profile_id": "int64"}, name="asked")
    rows = reader.read(
        table("identity_profile").join(asked, "profile_id").select("identity_id", "profile_id"),
        asked=pa.table({"profile_id": pa.array(profiles, pa.int64())}),
    )
    found = zip(rows["identity_id"].to_pylist(), rows["profile_id"].to_pylist(), strict=True)
    return {each: each for each in profiles} | dict(found)


def _number(value: object, otherwise: float) -> float:
    """Return a number that a client sent, also as text; ``otherwise`` when it is none, or absurd."""
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return otherwise
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    return float(value) if 0 <= value < 1e9 else otherwise
