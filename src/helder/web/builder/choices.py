"""What the builder's menus offer: everything the catalogue knows, in the reader's words, each with a sign."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from helder.govern.catalogue import Catalogue
from helder.govern.entries import read_catalogue
from helder.govern.purposes import read_purposes
from helder.intelligence.segments.vocabulary import PROFILE_KINDS
from helder.web.app import Pages
from helder.web.builder.leaf import OPS
from helder.web.known import source_names
from helder.web.translate import Translator

GLYPHS: Mapping[str, str] = {
    "email": "mail",
    "phone": "phone",
    "birth_date": "cake",
    "street": "map-pin",
    "house_number": "map-pin",
    "postcode": "map-pin",
    "city": "map-pin",
    "country": "globe",
    "first_seen": "calendar",
    "last_seen": "clock",
    "language": "languages",
}
_EVENTS: tuple[tuple[str, str], ...] = (
    ("mail", "mail"),
    ("order", "shopping-cart"),
    ("checkout", "shopping-cart"),
    ("cart", "shopping-cart"),
    ("view", "eye"),
    ("page", "eye"),
    ("workshop", "ticket"),
    ("sign", "log-in"),
)
_OBJECTS: Mapping[str, str] = {
    "order": "shopping-cart",
    "order_line": "package",
    "return": "undo-2",
    "subscription": "repeat",
    "ticket": "message-square",
}

Pairs = list[tuple[str, str]]


class Choices(msgspec.Struct, frozen=True):
    """All menus of the builder: pairs of what is sent and what is shown."""

    attributes: Pairs
    events: Pairs
    objects: Pairs
    measures: dict[str, Pairs]
    """By object: count, days, and sums and the like of its fields of money and numbers."""
    purposes: Pairs
    segments: Pairs
    units: Pairs
    counts: Pairs
    numbers: Pairs
    ops: dict[str, Pairs]
    """By attribute."""
    labels: dict[str, str]
    """What each object is called, those of live sources too."""
    sources: dict[str, str]
    """What each source is called."""

    def glyph(self, kind: str, key: str) -> str:
        """Return the sign of something."""
        if kind == "attribute":
            return GLYPHS.get(key, "user-round")
        if kind in ("aggregate", "live"):
            return _OBJECTS.get(key, "layers")
        if kind in ("behaviour", "sequence"):
            return "route" if kind == "sequence" else next((g for part, g in _EVENTS if part in key.lower()), "zap")
        return {"permission": "badge-check", "membership": "blend"}[kind]


def choices_of(pages: Pages, t: Translator, but: str = "") -> Choices:
    """Return what the menus offer; the segment with key ``but`` is not offered to itself."""
    catalogue = read_catalogue(pages.state)
    person = catalogue.objects["person"].fields
    attributes = [(key, _said(person[key].label, t)) for key in PROFILE_KINDS if key in person]
    attributes += [("first_seen", t.gettext("First seen")), ("last_seen", t.gettext("Last seen"))]
    copied = {key: entry for key, entry in catalogue.objects.items() if entry.table and key in _OBJECTS}
    said = _comparisons(t)
    return Choices(
        attributes=attributes,
        events=sorted(((key, _said(entry.label, t)) for key, entry in catalogue.events.items()), key=_by_label),
        objects=[(key, _said(entry.label, t)) for key, entry in copied.items()],
        measures={key: _measures(catalogue, t, key) for key in catalogue.objects},
        purposes=[(key, _said(entry.label, t)) for key, entry in read_purposes(pages.state).items()],
        segments=[(each.key, each.name) for each in pages.segments.all() if each.key != but],
        units=_units(t),
        counts=_countings(t),
        numbers=_numbers(t),
        ops={key: [(op, said[op]) for op in OPS[PROFILE_KINDS.get(key, "text")]] for key, _ in attributes},
        labels={key: _said(entry.label, t) for key, entry in catalogue.objects.items()},
        sources=source_names(pages.state, t),
    )


def _measures(catalogue: Catalogue, t: Translator, key: str) -> Pairs:
    """Return how the records of an object can be measured."""
    found = [("count", t.gettext("number")), ("days", t.gettext("days on which"))]
    for name, field in catalogue.objects[key].fields.items():
        if field.type in ("money", "number") and field.stored:
            label = {"field": _said(field.label, t)}
            found.append((f"sum:{name}", t.gettext("total of %(field)s") % label))
            found.append((f"average:{name}", t.gettext("average of %(field)s") % label))
            found.append((f"greatest:{name}", t.gettext("highest %(field)s") % label))
    return found


def _comparisons(t: Translator) -> dict[str, str]:
    return {
        "is": t.gettext("is"),
        "is_not": t.gettext("is not"),
        "in": t.gettext("is one of"),
        "not_in": t.gettext("is none of"),
        "contains": t.gettext("contains"),
        "starts_with": t.gettext("begins with"),
        "set": t.gettext("is known"),
        "not_set": t.gettext("is not known"),
        "in_last": t.gettext("in the last"),
        "in_next": t.gettext("in the next"),
        "before": t.gettext("before"),
        "after": t.gettext("from"),
    }


def _countings(t: Translator) -> Pairs:
    return [
        ("at_least", t.gettext("at least")),
        ("exactly", t.gettext("exactly")),
        ("at_most", t.gettext("at most")),
        ("never", t.gettext("never")),
    ]


def _numbers(t: Translator) -> Pairs:
    return [
        ("at_least", t.gettext("at least")),
        ("more_than", t.gettext("more than")),
        ("is", t.gettext("exactly")),
        ("at_most", t.gettext("at most")),
        ("less_than", t.gettext("less than")),
    ]


def _units(t: Translator) -> Pairs:
    return [
        ("hours", t.gettext("hours")),
        ("days", t.gettext("days")),
        ("weeks", t.gettext("weeks")),
        ("minutes", t.gettext("minutes")),
    ]


def _by_label(pair: tuple[str, str]) -> str:
    return pair[1].lower()


def _said(words: object, t: Translator) -> str:
    return getattr(words, t.language)
