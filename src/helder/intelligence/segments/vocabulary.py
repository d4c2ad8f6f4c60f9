"""What a rule may speak of: the part of the catalogue that segments need, and where each thing lies in the facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from helder.store.facts.schema import SCHEMAS


class Words(Protocol):
    """A text in both languages."""

    @property
    def nl(self) -> str: ...  # noqa: D102 - the name says it
    @property
    def en(self) -> str: ...  # noqa: D102 - the name says it


class Phrase(Protocol):
    """(verb in the past plural, the rest), in both languages."""

    @property
    def nl(self) -> tuple[str, str]: ...  # noqa: D102 - the name says it
    @property
    def en(self) -> tuple[str, str]: ...  # noqa: D102 - the name says it


class FieldEntry(Protocol):
    """A field of an object."""

    @property
    def type(self) -> str:
        """Text, number, money, time, date, flag or choice."""
        ...

    @property
    def label(self) -> Words:
        """What the screen calls it."""
        ...

    def said(self, value: object) -> Words | None:
        """Return what a value of a closed choice is called; None when it has no words."""
        ...


class ObjectEntry(Protocol):
    """A kind of thing that is known about people."""

    @property
    def label(self) -> Words:
        """What the screen calls it."""
        ...

    @property
    def phrase(self) -> Phrase:
        """How a sentence says that people have one."""
        ...

    @property
    def table(self) -> str:
        """Table in the facts; empty: in live sources only."""
        ...

    @property
    def fields(self) -> Mapping[str, FieldEntry]:
        """The fields by key."""
        ...


class EventEntry(Protocol):
    """One event name."""

    @property
    def label(self) -> Words:
        """What the screen calls it."""
        ...

    @property
    def phrase(self) -> Phrase | None:
        """How a sentence says it, when it is known."""
        ...


class Catalogue(Protocol):
    """All objects and events, by key."""

    @property
    def objects(self) -> Mapping[str, ObjectEntry]:
        """The objects by key."""
        ...

    @property
    def events(self) -> Mapping[str, EventEntry]:
        """The events by name."""
        ...


class Place(msgspec.Struct, frozen=True):
    """Where a field lies: a column, or (``column == "extra"``) a key of a JSON column; and its kind."""

    column: str
    key: str
    kind: str


PROFILE_KINDS: dict[str, str] = {
    name: {"date": "date", "timestamp(6)": "time"}.get(kind, "text")
    for name, kind in SCHEMAS["profile"].items()
    if name not in ("profile_id", "email_identity", "batch")
}
"""Fields of the golden record that an attribute leaf may ask, each with its kind."""

RETURN = "return"
"""Kind of the rows of ``orders`` that are returns: the objects *order* and *return* share the table."""


def place(entry: ObjectEntry, field: str) -> Place | None:
    """Return where ``field`` of a copied object lies; None when the object has no such field."""
    columns = SCHEMAS.get(entry.table, {})
    known = entry.fields.get(field)
    if known is None:
        return None
    if known.type == "money" and f"{field}_micros" in columns:
        return Place(f"{field}_micros", field, "money")
    if field in columns:
        return Place(field, field, known.type)
    return Place("extra", field, "raw") if "extra" in columns else None
