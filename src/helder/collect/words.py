"""Signed words in addresses (``hld=…``) are keys to a person: none is stored in the facts. Pure.

Of a word that is right there stays which one it was (``hld=-7k``), so that it is known after a start who showed it
first. That is no key: it bears no signature and says nothing about anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from helder.collect.event import Event

_VALUE = r"""hld=[^&#\s"'\\]*"""
_WORD = re.compile(_VALUE)
_LEADING = re.compile(rf"{_VALUE}&")
_TRAILING = re.compile(rf"(?:[?&])?{_VALUE}")
_WITHIN = re.compile(r"(?:%3F|%26)?hld%3D(?:(?!%26|%23)[\w.%-])*", re.IGNORECASE)
"""In an address that stands, encoded, within another."""


def without_words(events: Iterable[Event], shown: Iterable[str]) -> list[Event]:
    """Return ``events`` with no signed word in any address.

    Args:
        events: as they came in.
        shown: for each, which word of Helder's its page was come to by; empty for none, or one that is not right.
    """
    return [_without(event, which) if _speaks(event) else event for event, which in zip(events, shown, strict=True)]


def without_word(text: str) -> str:
    """Return a text, such as an address or JSON, without the signed words in it."""
    return _WITHIN.sub("", _TRAILING.sub("", _LEADING.sub("", text))) if "hld" in text else text


def _speaks(event: Event) -> bool:
    return "hld" in event.properties or "hld" in event.context or (event.url is not None and "hld" in event.url)


def _without(event: Event, which: str) -> Event:
    url = event.url
    if url is not None:
        url = _WORD.sub(f"hld={which}", url) if which else without_word(url)
    return msgspec.structs.replace(
        event, url=url, properties=without_word(event.properties), context=without_word(event.context)
    )
