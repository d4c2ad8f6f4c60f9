"""Dutch verbs at the end of a relative clause.

The catalogue gives a phrase as a main clause has it: (*plaatsten*, *een bestelling*), (*rondden*, *een aanmelding af*).
In a relative clause the finite verb goes last and a separable particle grows onto it: *een aanmelding afrondden*.
E. Haeseryn e.a., Algemene Nederlandse Spraakkunst (1997), 2.2.3 and 21.9.
"""

from __future__ import annotations

import msgspec

PARTICLES = frozenset(
    (
        "aan",
        "achter",
        "af",
        "bij",
        "binnen",
        "door",
        "in",
        "langs",
        "mee",
        "na",
        "neer",
        "om",
        "op",
        "open",
        "over",
        "tegen",
        "terug",
        "toe",
        "uit",
        "vast",
        "voor",
        "weg",
    )
)
"""Particles that grow onto the verb."""


class Phrase(msgspec.Struct, frozen=True):
    """A verb in the past plural (more words may follow it: *waren onbereikbaar*), and the rest of the main clause."""

    verb: str
    rest: str


def verb_last(phrase: Phrase, often: str, *, denied: bool, windowed: bool, when: str = "") -> str:
    """Return the clause with its verb last.

    Args:
        phrase: as the catalogue gives it.
        often: *minstens twee keer*, or nothing.
        denied: it was not done: *geen bestelling plaatsten*, *zich niet afmeldden*.
        windowed: it is about a while, not about ever: without one it is *nooit*.
        when: *in de afgelopen 30 dagen*; Dutch says it first, only *zich* goes before it.
    """
    rest, particle = _particle(phrase.rest)
    finite, _, predicate = phrase.verb.partition(" ")
    reflexive, rest = ("zich", rest.removeprefix("zich").strip()) if rest.split(" ")[0] == "zich" else ("", rest)
    if denied and predicate.startswith("on"):
        # *Niet onbereikbaar* is a riddle: the opposite is said without a denial.
        often, predicate = "steeds" if windowed else "altijd", predicate.removeprefix("on")
    elif denied:
        often, rest = "", _denied(rest, windowed=windowed)
    return " ".join(part for part in (reflexive, when, often, rest, predicate, particle + finite) if part)


def _particle(rest: str) -> tuple[str, str]:
    """Split a separable particle from the end of ``rest``."""
    before, _, last = rest.rpartition(" ")
    return (before, last) if last in PARTICLES else (rest, "")


def _denied(rest: str, *, windowed: bool) -> str:
    """Say that it was not done: *geen* before an indefinite object, else *niet*; without a window *nooit*."""
    if rest == "iets":
        return "niets" if windowed else "nooit iets"
    if rest.endswith(" iets"):
        return f"nergens {rest.removesuffix(' iets')}"
    if not windowed:
        return f"nooit {rest}".strip()
    return f"geen {rest.removeprefix('een ')}" if rest.startswith("een ") else f"niet {rest}".strip()
