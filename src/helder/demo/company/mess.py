"""The mess of life: what people, clerks and exports do to good data."""

from __future__ import annotations

import random

NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "s", "e": "r", "f": "d", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "i", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
    "0": "9", "1": "2", "2": "3", "3": "4", "4": "5", "5": "6", "6": "7", "7": "8", "8": "9", "9": "0",
}  # fmt: skip
EMOJI = ("🌷", "🌻", "🍓", "🥾", "💚")


def typo(chance: random.Random, text: str) -> str:
    """Return ``text`` with one slip of the finger: two letters swapped, one lost, doubled or a neighbour's."""
    places = [n for n, each in enumerate(text) if each.isalnum()]
    if len(places) < 3:
        return text
    at = chance.choice(places[1:-1])
    kind = chance.randrange(4)
    if kind == 0 and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if kind == 1:
        return text[:at] + text[at + 1 :]
    if kind == 2:
        return text[:at] + text[at] + text[at:]
    return text[:at] + NEIGHBOURS.get(text[at].lower(), "e") + text[at + 1 :]


def infix_astray(chance: random.Random, first: str, infix: str, last: str) -> tuple[str, str, str]:
    """Return the name with its tussenvoegsel in a field where it does not belong, or written in another way."""
    kind = chance.randrange(5)
    if kind == 0:
        return first, "", f"{infix} {last}"
    if kind == 1:
        return first, "", f"{last}, {infix}"
    if kind == 2:
        return f"{first} {infix}", "", last
    if kind == 3:
        return first, infix.title(), last
    return first, "", f"{infix.title()} {last}"


def phone(chance: random.Random, national: str) -> str:
    """Return a Dutch number in one of the ways in which people write it."""
    if not national:
        return ""
    split = 2 if national.startswith("06") else 3
    head, tail = national[:split], national[split:]
    forms = (national, f"{head}-{tail}", f"+31{national[1:]}", f"0031{national[1:]}", f"+31 {head[1:]} {tail}")
    return forms[chance.randrange(5)]


def encoded_twice(text: str) -> str:
    """Return UTF-8 text as it looks after being read as Latin-1 and written as UTF-8 once more."""
    return text.encode().decode("latin-1")
