"""The catalogue: everything that can be asked about a customer.

A base catalogue ships beside this file; mapping files add fields and events of their own (``entries.py`` keeps them).
Pure: rules and mappings read it without a store.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

FieldType = Literal["text", "number", "money", "time", "date", "flag", "choice"]
Survivorship = Literal["most_recent", "most_trusted", "most_frequent", "longest", "verified_first"]


class Words(msgspec.Struct, frozen=True):
    """A text in both languages."""

    nl: str
    en: str


class Phrase(msgspec.Struct, frozen=True):
    """How a sentence says it: (verb in the past plural, the rest), in both languages."""

    nl: tuple[str, str]
    en: tuple[str, str]


class Value(msgspec.Struct, frozen=True):
    """One of the values that a closed field may have, and what it is called inside a sentence."""

    key: str
    label: Words


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of an object."""

    key: str
    type: FieldType
    label: Words
    unit: str = ""
    core: bool = False
    """Core to the goal, or (false) merely nice to know."""
    sensitivity: Literal["plain", "personal", "sensitive"] = "plain"
    survivorship: Survivorship = "most_recent"
    together: str = ""
    """Fields with the same word are taken from one and the same record."""
    stored: bool = True
    """False: only read while mapping, to make other fields of."""
    values: tuple[Value, ...] = ()
    """The values of a closed choice; empty: the values are the company's own."""
    source: str = ""
    """The source whose mapping file added it; empty: it ships with Helder."""

    def said(self, value: object) -> Words | None:
        """Return what a value is called; None when the catalogue has no words for it."""
        return next((each.label for each in self.values if each.key == value), None)


class CatalogueObject(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that is known about people."""

    key: str
    label: Words
    phrase: Phrase
    table: str = ""
    """Table in the facts where copied rows lie; empty: found in live sources only."""
    purposes: tuple[str, ...] = ()
    """Purposes for which it may be used."""
    retention_days: int = 0
    """Days that rows are kept; 0: as long as the person is a customer."""
    field: tuple[Field, ...] = ()

    @property
    def fields(self) -> dict[str, Field]:
        """The fields by key."""
        return {field.key: field for field in self.field}


class EventEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One event name, and how it is said."""

    name: str
    label: Words
    phrase: Phrase | None = None
    source: str = ""


class Catalogue(msgspec.Struct, frozen=True):
    """All objects and events, by key."""

    objects: dict[str, CatalogueObject]
    events: dict[str, EventEntry]

    def field(self, object_key: str, field_key: str) -> Field | None:
        """Return a field of an object; None when there is no such field."""
        found = self.objects.get(object_key)
        return found.fields.get(field_key) if found else None

    def extended(self, fields: Mapping[str, Iterable[Field]], events: Iterable[EventEntry]) -> Catalogue:
        """Return this catalogue with more ``fields`` (by object) and ``events``; what ships with Helder is kept."""
        objects = dict(self.objects)
        for key, extra in fields.items():
            if known := objects.get(key):
                more = tuple(field for field in extra if field.key not in known.fields)
                objects[key] = msgspec.structs.replace(known, field=known.field + more)
        return Catalogue(objects, {**{event.name: event for event in events}, **self.events})


class _File(msgspec.Struct, frozen=True):
    object: tuple[CatalogueObject, ...]
    event: tuple[EventEntry, ...]


@cache
def base_catalogue() -> Catalogue:
    """Return the catalogue that ships with Helder."""
    text = (files("helder.govern") / "catalogue.toml").read_text("utf-8")
    read = msgspec.convert(tomllib.loads(text), _File)
    return Catalogue({item.key: item for item in read.object}, {event.name: event for event in read.event})
