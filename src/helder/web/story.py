"""A person's timeline for the page: by day, filtered by kind, each entry with a sign of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from urllib.parse import urlsplit

import msgspec

from helder.govern.entries import read_catalogue
from helder.integrate.view import Happening
from helder.store.state import State
from helder.web.known import source_names
from helder.web.translate import Translator

KINDS: dict[str, tuple[str, str]] = {
    "order": ("shopping-cart", "plum"),
    "return": ("undo-2", "bad"),
    "subscription": ("repeat", "good"),
    "ticket": ("message-square", "open"),
    "mail": ("mail", "brand"),
    "web": ("mouse-pointer-click", "plain"),
}
"""Glyph and tone of each kind of entry."""


class Entry(msgspec.Struct, frozen=True):
    """One entry, as it is shown."""

    at: datetime
    time: str
    words: str
    detail: str
    source: str
    glyph: str
    tone: str
    live: bool


class Day(msgspec.Struct, frozen=True):
    """A day with its entries, newest first."""

    label: str
    entries: list[Entry]


def story(
    state: State, t: Translator, told: Sequence[Happening], kind: str, upto: int
) -> tuple[list[Day], int, list[tuple[str, str]]]:
    """Return the days of the newest ``upto`` entries, how many entries are left, and the kinds that there are.

    Args:
        state: holds what things are called.
        t: the reader's language and zone.
        told: all entries, newest first.
        kind: only entries of this kind, when given.
        upto: most entries.
    """
    labels, sources = _labels(state), source_names(state, t)
    sorted_out = [(_kind(labels, each), each) for each in told]
    there = {found for found, _ in sorted_out}
    mine = [(found, each) for found, each in sorted_out if kind in ("", found)]
    days = [
        Day(label, [_entry(t, sources, found, each) for found, each in entries])
        for label, entries in groupby(mine[:upto], key=lambda pair: _day(t, pair[1].at))
    ]
    return days, max(0, len(mine) - upto), [(key, _name(t, key)) for key in KINDS if key in there]


def _labels(state: State) -> dict[str, str]:
    objects = read_catalogue(state).objects
    return {objects[key].label.en: key for key in ("order", "return", "subscription", "ticket") if key in objects}


def _kind(labels: dict[str, str], each: Happening) -> str:
    found = labels.get(each.what.en)
    if found:
        return found
    return "mail" if each.what.en.lower().startswith(("e-mail", "email")) else "web"


def _name(t: Translator, kind: str) -> str:
    names = {
        "order": t.gettext("Orders"),
        "return": t.gettext("Returns"),
        "subscription": t.gettext("Subscriptions"),
        "ticket": t.gettext("Service"),
        "mail": t.gettext("E-mail"),
        "web": t.gettext("Website"),
    }
    return names[kind]


def _day(t: Translator, at: datetime) -> str:
    return t.moment(at, "EEEE d MMMM y")


def _entry(t: Translator, sources: Mapping[str, str], kind: str, each: Happening) -> Entry:
    glyph, tone = KINDS[kind]
    words = each.what.nl if t.language == "nl" else each.what.en
    words = t.gettext("Made themselves known") if words == "identify" else words
    source = sources.get(each.source, each.source)
    return Entry(each.at, t.moment(each.at, "HH:mm"), words, _detail(t, each), source, glyph, tone, each.live)


def _detail(t: Translator, each: Happening) -> str:
    """Return what is told of an entry, in the reader's language, with the amount as that writes it."""
    if each.said is None:
        return _short(each.detail)
    amount = "" if each.amount_micros is None else t.money(each.amount_micros, each.currency or "EUR")
    return ", ".join(filter(None, (each.said.nl if t.language == "nl" else each.said.en, amount)))


def _short(detail: str) -> str:
    """Return an address without what tracks people; other details as they are."""
    if not detail.startswith(("https://", "http://")):
        return detail
    address = urlsplit(detail)
    return f"{address.netloc}{address.path}".rstrip("/")
