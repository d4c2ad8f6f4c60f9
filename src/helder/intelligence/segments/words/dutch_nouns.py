"""Dutch nouns, numbers and comparisons."""

from __future__ import annotations

from collections.abc import Callable

NUMBERS = ("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf")
UNITS = {
    "minutes": ("minuut", "minuten"),
    "hours": ("uur", "uur"),
    "days": ("dag", "dagen"),
    "weeks": ("week", "weken"),
}
LAST = {"minutes": "de afgelopen", "hours": "het afgelopen", "days": "de afgelopen", "weeks": "de afgelopen"}
NEXT = {"minutes": "de komende", "hours": "het komende", "days": "de komende", "weeks": "de komende"}
CHANNELS = {
    "email": "per e-mail",
    "sms": "per sms",
    "push": "per pushbericht",
    "post": "per post",
    "phone": "per telefoon",
}
OWNED = {"email": "e-mailadres", "phone": "telefoonnummer"}
SEEN = {"first_seen": "eerste contact", "last_seen": "laatste contact", "display_name": "volledige naam"}
"""Fields that the golden record adds to those of the catalogue."""
COMPARED = {
    "at_least": "minstens ",
    "at_most": "hoogstens ",
    "more_than": "meer dan ",
    "less_than": "minder dan ",
    "is": "precies ",
    "is_not": "niet precies ",
}
PREDICATES = {
    "is": "{} is",
    "is_not": "niet {} is",
    "in": "{} is",
    "not_in": "niet {} is",
    "contains": "{} bevat",
    "not_contains": "{} niet bevat",
    "starts_with": "met {} begint",
    "at_least": "minstens {} is",
    "at_most": "hoogstens {} is",
    "more_than": "meer dan {} is",
    "less_than": "minder dan {} is",
    "between": "tussen {} en {} ligt",
    "before": "vóór {} ligt",
    "after": "op of na {} ligt",
    "set": "bekend is",
    "not_set": "niet bekend is",
}
PLURALS = {
    "order": "bestellingen",
    "return": "retouren",
    "order_line": "bestelregels",
    "subscription": "abonnementen",
    "invoice": "facturen",
    "workshop_order": "workshopbestellingen",
    "ticket": "vragen en klachten",
    "consent": "toestemmingen",
}
ADJECTIVES = {
    "sum": "totale",
    "average": "gemiddelde",
    "least": "laagste",
    "greatest": "hoogste",
    "last": "laatste",
    "first": "eerste",
}
_HET = frozenset(
    (
        "first_seen",
        "last_seen",
        "amount",
        "quantity",
        "email",
        "phone",
        "house_number",
        "gender",
        "country",
        "product",
        "channel",
    )
)
"""Fields whose Dutch label takes *het*."""


_HET_OBJECTS = frozenset(("subscription",))
MOMENTS = {
    "at": "datum",
    "ends_at": "einddatum",
    "closed_at": "afhandeldatum",
    "paid_at": "betaaldatum",
    "changed_at": "wijzigingsdatum",
}
"""Fields whose label is no noun (*Besteld op*)."""


def with_article(field: str, label: str | None) -> str:
    """Return *de postcode*, *het bedrag*; a field without a label stands in quotes."""
    if label is None:
        return f"‘{field}’"
    return f"{_article(field)} {MOMENTS.get(field) or _lowered(label)}"


def with_adjective(measure: str, field: str, label: str | None) -> str:
    """Return *het totale bedrag*, *de laatste status*."""
    name = f"‘{field}’" if label is None else MOMENTS.get(field) or _lowered(label)
    return f"{_article(field)} {ADJECTIVES[measure]} {name}"


def singular(key: str, adjective: str, label: str) -> str:
    """Return *de laatste bestelling*, *het eerste abonnement*."""
    return f"{'het' if key in _HET_OBJECTS else 'de'} {adjective} {_lowered(label)}"


def plural(key: str, label: str) -> str:
    """Return *de bestellingen*; an object whose plural is not known stands in quotes."""
    return f"de {PLURALS[key]}" if key in PLURALS else f"‘{label}’"


def count(number: float, written: Callable[[float], str]) -> str:
    """Return a number up to twelve as a word, as Dutch does in running text."""
    if float(number).is_integer() and 0 <= number < len(NUMBERS):
        return NUMBERS[int(number)]
    return written(number)


def _article(field: str) -> str:
    return "het" if field in _HET else "de"


def _lowered(label: str) -> str:
    """Return a label inside a sentence: its capital goes, unless it is an abbreviation."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
