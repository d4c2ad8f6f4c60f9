"""Which identities are whose, and which of them the emitted keys connect."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import msgspec

from helder.demo.company.known import Identity

INFIXES = frozenset(("van", "de", "der", "den", "het", "t", "in", "op", "ter", "ten", "te", "aan", "bij", "v", "d"))


# mobile numbers, and the area codes that are drawn from (the Dutch numbering plan for telephone services)
NATIONAL = re.compile(r"6[1-58]\d{7}|[1-57]0[2-7]\d{6}")


class Evidence(msgspec.Struct, frozen=True):
    """One record as emitted: its own identity (the anchor), its keys, and the name on it."""

    anchor: Identity
    keys: tuple[Identity, ...]
    first: str
    last: str


def email_key(text: str) -> Identity:
    """Return an e-mail address as an identity."""
    return "email", text.strip().lower()


def phone_key(text: str) -> Identity | None:
    """Return a Dutch phone number, however written, as an identity in E.164; None when a slip made it impossible."""
    digits = re.sub(r"[^0-9+]", "", text)
    national = re.sub(r"^(0031|\+31|0)", "", digits)
    return ("phone", "+31" + national) if NATIONAL.fullmatch(national) else None


def name_parts(first: str, infix: str, last: str) -> tuple[str, str]:
    """Return first name and surname as comparable text, wherever the tussenvoegsel was put."""
    given = [each for each in _words(first) if each not in INFIXES or len(first) <= 2]
    family = [each for each in _words(f"{infix} {last}") if each not in INFIXES]
    return " ".join(given), " ".join(family)


def _words(text: str) -> list[str]:
    """Return the words of a name in small letters without accents; ij and y are one."""
    if not text.isascii():
        flat = unicodedata.normalize("NFKD", _repaired(text))
        text = "".join(each for each in flat if not unicodedata.combining(each))
    return re.sub(r"[.,'’·-]", " ", text.lower().replace("ij", "y")).split()


def _repaired(text: str) -> str:
    """Return text that was encoded twice as it was meant; other text as it is."""
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def compatible(one: Evidence, other: Evidence) -> bool:
    """Tell whether two names can be one person's.

    They are equal, or one slip of the finger apart in names of four letters and more; or one has an initial for the
    first name, or no name at all.
    """
    if one.last and other.last and not alike(one.last, other.last):
        return False
    if not one.first or not other.first or alike(one.first, other.first):
        return True
    short, long = sorted((one.first, other.first), key=len)
    return len(short) == 1 and long.startswith(short)


def alike(one: str, other: str) -> bool:
    """Tell whether two words are equal but for one letter lost, added or changed, or two neighbours swapped."""
    if one == other:
        return True
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    swapped = a[:2] == b[1::-1] and a[2:] == b[2:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or swapped


def shared_keys(records: Iterable[tuple[int, Evidence]]) -> set[Identity]:
    """Return the keys that cannot join: those of several people, and those on which names contradict each other.

    Args:
        records: (true person, evidence) pairs.
    """
    seen: dict[Identity, list[tuple[int, Evidence]]] = {}
    shared: set[Identity] = set()
    for person, record in records:
        for key in record.keys:
            if key in shared:
                continue
            others = seen.setdefault(key, [])
            if any(person != whose or not compatible(record, other) for whose, other in others):
                shared.add(key)
            else:
                others.append((person, record))
    return shared


class Union:
    """Sets of identities that grow together (union by path halving)."""

    def __init__(self) -> None:
        """Begin with every identity on its own."""
        self._parent: dict[Identity, Identity] = {}

    def find(self, one: Identity) -> Identity:
        """Return the identity that stands for the set of ``one``."""
        parent = self._parent
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = one = parent[parent[one]]
        return one

    def join(self, one: Identity, other: Identity) -> None:
        """Put two identities in one set; the smaller of the two stands for it, whatever the order of joining."""
        a, b = sorted((self.find(one), self.find(other)))
        self._parent[b] = a
