"""English nouns, numbers and comparisons."""

from __future__ import annotations

from collections.abc import Callable

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
OFTEN = {1: "once", 2: "twice"}
CHANNELS = {
    "email": "by e-mail",
    "sms": "by text message",
    "push": "by push message",
    "post": "by post",
    "phone": "by phone",
}
OWNED = {"email": ("an", "e-mail address"), "phone": ("a", "phone number")}
SEEN = {"first_seen": "first contact", "last_seen": "last contact", "display_name": "full name"}
"""Fields that the golden record adds to those of the catalogue."""
COMPARED = {
    "at_least": "at least ",
    "at_most": "at most ",
    "more_than": "more than ",
    "less_than": "fewer than ",
    "is": "exactly ",
    "is_not": "not exactly ",
}
PREDICATES = {
    "is": "is {}",
    "is_not": "is not {}",
    "in": "is {}",
    "not_in": "is not {}",
    "contains": "contains {}",
    "not_contains": "does not contain {}",
    "starts_with": "starts with {}",
    "at_least": "is at least {}",
    "at_most": "is at most {}",
    "more_than": "is more than {}",
    "less_than": "is less than {}",
    "between": "lies between {} and {}",
    "before": "lies before {}",
    "after": "lies on or after {}",
    "set": "is known",
    "not_set": "is not known",
}
PLURALS = {
    "order": "orders",
    "return": "returns",
    "order_line": "order lines",
    "subscription": "subscriptions",
    "invoice": "invoices",
    "workshop_order": "workshop orders",
    "ticket": "tickets",
    "consent": "consents",
}
ADJECTIVES = {
    "sum": "total",
    "average": "average",
    "least": "lowest",
    "greatest": "highest",
    "last": "latest",
    "first": "first",
}


MOMENTS = {
    "at": "date",
    "ends_at": "end date",
    "closed_at": "closing date",
    "paid_at": "payment date",
    "changed_at": "date of change",
}
"""Fields whose label is no noun (*Ordered at*)."""


def count(number: float, written: Callable[[float], str]) -> str:
    """Return a number up to twelve as a word."""
    if float(number).is_integer() and 0 <= number < len(NUMBERS):
        return NUMBERS[int(number)]
    return written(number)


def lowered(label: str | None) -> str:
    """Return a label inside a sentence: its capital goes, unless it is an abbreviation. Nothing stays nothing."""
    if not label or label[1:2].isupper():
        return label or ""
    return label[:1].lower() + label[1:]
