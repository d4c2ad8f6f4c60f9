"""Names, reduced to what tells two people apart: the surname without its prefixes, the first name, the initial.

A name key is a keyed hash: it corroborates that two records are of one person without keeping their names, so it
may also be held of live sources.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec

from helder.store.keys import digest63

# Tussenvoegsels turn up in every field of a record, or in none: they say nothing about who somebody is.
PREFIXES = frozenset(
    {"van", "de", "der", "den", "het", "t", "ten", "ter", "te", "la", "le", "les", "du", "des", "von", "vom", "zu"}
    | {"zur", "op", "in", "aan", "bij", "el", "al", "uit", "over", "onder", "voor", "d", "s", "l", "dos", "da", "di"}
    | {"del", "della", "do", "ver"}
)
_TITLES = frozenset(
    {"dhr", "mw", "mevr", "mevrouw", "heer", "hr", "dr", "drs", "ir", "ing", "mr", "prof", "fam", "familie", "mej"}
    | {"mrs", "ms", "miss"}
)
_SHORTEST = 4
"""Names shorter than this have no near ones: Tim and Tom are brothers, not a slip of the finger."""
_WORD = re.compile(r"[^\W\d_]+")
_FOLDS = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})


class NameKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """The name on one record as keyed hashes; 0 where the record does not say."""

    surname: int
    first: int
    """0 when only an initial is known."""
    initial: int
    near: str = ""
    """Keyed 16-bit hashes of the surname and of the first name with one letter left out, four hex digits each, as
    ``surnames|firsts``: two names share one exactly when a single slip of the finger lies between them (Garbe's
    symmetric delete). A chance hit has odds of about one in a thousand."""


def name_key(first: str, infix: str, last: str, full: str, key: bytes) -> NameKey:
    """Return the key of a name whose parts may stand in any field.

    Args:
        first: first name or initials, perhaps with a prefix behind it.
        infix: surname prefix; ignored, since it is as often in the surname or gone.
        last: surname, perhaps ``Vries, de`` or ``de Vries-Bakker``.
        full: the whole name, when the source keeps it in one column.
        key: the installation's secret.
    """
    del infix
    if full and not last:
        first, last = _split(full)
    elif first and not last:
        first, last = _split(first)
    surname = "".join(word for word in words(last) if word not in PREFIXES)
    given = [word for word in words(first) if word not in PREFIXES and word not in _TITLES]
    initials = _initials(first, last)
    name = given[0] if given else ""
    whole = name if len(name) > 1 and not initials else ""
    return NameKey(
        _hash("surname", surname, key),
        _hash("first", whole, key),
        _hash("initial", name[:1], key),
        f"{_near(surname, key)}|{_near(whole, key)}" if surname else "",
    )


@lru_cache(maxsize=65_536)
def words(text: str) -> tuple[str, ...]:
    """Return the words of ``text`` in lower case without accents; ``ij`` and ``y`` are one."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDS))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("ij", "y")
    return tuple(_WORD.findall(plain.replace("'", " ").replace("\u2019", " ")))


def compatible(one: NameKey, other: NameKey) -> bool:
    """Tell whether two known names may be one person's.

    The surnames are equal, or one slip apart; the first names are equal, one slip apart, or one record has only an
    initial (or nothing) that does not contradict.
    """
    if one.surname != other.surname and not _slip(one, other, 0):
        return False
    if one.first and other.first:
        return one.first == other.first or _slip(one, other, 1)
    return not (one.initial and other.initial) or one.initial == other.initial


@lru_cache(maxsize=65_536)
def _hash(part: str, text: str, key: bytes) -> int:
    return digest63(f"{part}\0{text}", key) if text else 0


def _slip(one: NameKey, other: NameKey, part: int) -> bool:
    """Tell whether surnames (part 0) or first names (part 1) are one slip of the finger apart."""
    return not _hashes(one.near, part).isdisjoint(_hashes(other.near, part))


def _hashes(near: str, part: int) -> set[str]:
    text = near.split("|")[part] if near else ""
    return {text[at : at + 4] for at in range(0, len(text), 4)}


@lru_cache(maxsize=65_536)
def _near(name: str, key: bytes) -> str:
    """Return hashes of ``name`` and of it with each letter left out; empty when it is too short to tell.

    A slip may also fall within an ``ij``, which :func:`words` makes one letter: both spellings are taken.
    """
    if len(name) < _SHORTEST:
        return ""
    spellings = {name, name.replace("y", "ij")}
    left_out = spellings | {word[:at] + word[at + 1 :] for word in spellings for at in range(len(word))}
    return "".join(sorted({f"{digest63(word, key) & 0xFFFF:04x}" for word in left_out}))


def _split(full: str) -> tuple[str, str]:
    """Return (first, last) of a whole name: ``Jan de Vries`` or ``Vries, J. de``."""
    if "," in full:
        last, _, first = full.partition(",")
        return first, last
    parts = [part for part in full.split() if part.strip(".").casefold() not in _TITLES]
    return (parts[0], " ".join(parts[1:])) if len(parts) > 1 else ("", full)


def _initials(first: str, last: str) -> bool:
    """Tell whether ``first`` holds initials only: ``J.``, ``J.P.``, ``JP`` (but not JAN of JAN JANSEN)."""
    text = first.strip()
    if "." in text:
        return all(len(part.strip()) <= 1 for part in text.split("."))
    letters = text.replace(" ", "")
    return 1 < len(letters) <= 3 and letters.isupper() and not last.isupper()
