"""What things are called: labels and phrases of the catalogue, and names of segments, purposes and sources."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

import msgspec

from helder.intelligence.segments.vocabulary import Catalogue, Words


class Name(msgspec.Struct, frozen=True):
    """A name in both languages."""

    nl: str
    en: str


class Lexicon(msgspec.Struct, frozen=True):
    """Everything that sentences are made of, besides grammar. What has no label is called by its key, in quotes."""

    catalogue: Catalogue
    segments: Mapping[str, str] = {}
    """Names of segments by key."""
    purposes: Mapping[str, Words] = {}
    """Labels of purposes by key."""
    sources: Mapping[str, Words] = {}
    """Names of sources by key."""
    zone: tzinfo = UTC
    """The company's zone, in which dates are said."""

    def event_phrase(self, event: str, language: str) -> tuple[str, str] | None:
        """Return (verb in the past plural, the rest) of an event; None when nobody wrote one."""
        entry = self.catalogue.events.get(event)
        phrase = entry.phrase if entry else None
        return _in(phrase, language) if phrase else None

    def event_label(self, event: str, language: str) -> str:
        """Return what an event is called."""
        entry = self.catalogue.events.get(event)
        return str(_in(entry.label, language)) if entry else event

    def object_phrase(self, key: str, language: str) -> tuple[str, str] | None:
        """Return (verb in the past plural, the rest) of having an object."""
        entry = self.catalogue.objects.get(key)
        return _in(entry.phrase, language) if entry else None

    def object_label(self, key: str, language: str) -> str:
        """Return what an object is called."""
        entry = self.catalogue.objects.get(key)
        return str(_in(entry.label, language)) if entry else key

    def field_label(self, object_key: str, field: str, language: str) -> str | None:
        """Return what a field is called; None when the catalogue does not know it."""
        entry = self.catalogue.objects.get(object_key)
        found = entry.fields.get(field) if entry else None
        return str(_in(found.label, language)) if found else None

    def field_type(self, object_key: str, field: str) -> str:
        """Return the type of a field; empty when the catalogue does not know it."""
        entry = self.catalogue.objects.get(object_key)
        found = entry.fields.get(field) if entry else None
        return found.type if found else ""

    def value_label(self, object_key: str, field: str, value: object, language: str) -> str | None:
        """Return what a value of a closed choice is called; None when the catalogue has no words for it."""
        entry = self.catalogue.objects.get(object_key)
        found = entry.fields.get(field) if entry else None
        said = found.said(value) if found else None
        return str(_in(said, language)) if said else None

    def named(self, names: Mapping[str, Words], key: str, language: str) -> str | None:
        """Return the name of ``key``; None when it has none."""
        found = names.get(key)
        return str(_in(found, language)) if found else None

    def local(self, at: datetime) -> datetime:
        """Return a naive UTC moment as the company's clock shows it."""
        return at.replace(tzinfo=UTC).astimezone(self.zone)


def _in(text: object, language: str) -> tuple[str, str]:
    """Return one language of a text or a phrase."""
    return getattr(text, language)
