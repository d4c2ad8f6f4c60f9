"""A hundred segments as a company keeps them: counts of events in windows for the most part, and some of every kind."""

from __future__ import annotations

from typing import Any

TRIGGER, TRIGGER_EVENT = "asked-for-brochure", "Brochure Requested"
_CITIES = ("Utrecht", "Zwolle", "Breda", "Leiden", "Groningen", "Arnhem")
_NAMES = (
    "Page Viewed",
    "Products Searched",
    "Product Viewed",
    "Workshop Viewed",
    "Order Completed",
    "Signed In",
    "Workshop Registration Started",
    "Email Opened",
)
_STARTED, _COMPLETED = "Workshop Registration Started", "Workshop Registration Completed"
Rules = dict[str, dict[str, Any]]


def rules() -> Rules:
    """Return the rules by key; ``TRIGGER`` holds for whoever did ``TRIGGER_EVENT`` in the last 30 days."""
    trigger = {TRIGGER: {"behaviour": TRIGGER_EVENT, "in_last": "30 days"}}
    found = {**trigger, **_counts(), **_properties(), **_sequences(), **_records(), **_cities(), **_mixed()}
    if len(found) != 100:
        raise ValueError(f"these are {len(found)} segments")
    return found


def _counts() -> Rules:
    """Return 56: every name by seven pairs of a window and a number of times."""
    pairs = ((1, 1), (1, 3), (7, 1), (7, 5), (14, 2), (30, 3), (90, 10))
    return {
        f"n{number}-{days}-{times}": {"behaviour": name, "op": "at_least", "times": times, "in_last": f"{days} days"}
        for number, name in enumerate(_NAMES)
        for days, times in pairs
    }


def _properties() -> Rules:
    """Return 12: an interest in one workshop."""
    return {
        f"workshop-{number}": {
            "behaviour": "Workshop Viewed",
            "in_last": "30 days",
            "where": [{"field": "workshop_id", "value": f"W{number}"}],
        }
        for number in range(12)
    }


def _sequences() -> Rules:
    """Return 6: began and did not finish, and looked and then began."""
    unfinished = {
        f"unfinished-{hours}": {
            "sequence": _STARTED,
            "then_not": _COMPLETED,
            "within": f"{hours} hours",
            "in_last": "14 days",
        }
        for hours in (1, 24, 72)
    }
    began = {
        f"began-{hours}": {
            "sequence": "Workshop Viewed",
            "then": _STARTED,
            "within": f"{hours} hours",
            "in_last": "7 days",
        }
        for hours in (1, 24, 72)
    }
    return {**unfinished, **began}


def _records() -> Rules:
    """Return 10: orders, subscriptions and complaints."""
    orders = {f"orders-{n}": {"aggregate": "order", "op": "at_least", "value": n} for n in (1, 2, 3, 5)}
    spent = {
        f"spent-{n}": {"aggregate": "order", "measure": "sum", "field": "amount", "op": "at_least", "value": n}
        for n in (50, 100, 250)
    }
    ticket = {"aggregate": "ticket", "op": "at_least", "value": 1}
    complaints = {"complained": {**ticket, "where": [{"field": "kind", "value": "complaint"}]}}
    reads = {f"reads-{n}": {"aggregate": "subscription", "op": "at_least", "value": n} for n in (1, 2)}
    return {**orders, **spent, **complaints, **reads}


def _cities() -> Rules:
    """Return 6: where people live."""
    return {f"city-{city}": {"attribute": "city", "value": city} for city in _CITIES}


def _mixed() -> Rules:
    """Return 9: interest, permission, and left alone for some days."""
    return {
        f"invite-{days}-{pause}": {
            "all": [
                {"behaviour": "Workshop Viewed", "in_last": f"{days} days"},
                {"permission": "events", "by": "email"},
                {"behaviour": "Email Sent", "op": "never", "in_last": f"{pause} days"},
            ]
        }
        for days in (1, 7, 30)
        for pause in (2, 7, 14)
    }
