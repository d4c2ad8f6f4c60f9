"""The autumn workshops that the company wants to fill."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec

from helder.demo.company.layout import TITLES


class Workshop(msgspec.Struct, frozen=True):
    """One workshop. ``site`` is the site that offers it, ``price`` in cents a place, ``days`` until it is held."""

    number: str
    title: str
    site: int
    price: int
    days: int


WORKSHOPS = (
    Workshop("W-SNOEI", "Fruitbomen snoeien", 0, 8900, 12),
    Workshop("W-BOLLEN", "Bollen voor het hele voorjaar", 0, 7900, 9),
    Workshop("W-FERMENT", "Fermenteren als een kok", 1, 9900, 14),
    Workshop("W-BROOD", "Zuurdesembrood uit eigen oven", 1, 11900, 16),
    Workshop("W-KAART", "Lezen van kaart en kompas", 2, 8900, 10),
    Workshop("W-WINTER", "Wandelen in de winter", 2, 14900, 19),
)


def offered_on(site: int) -> list[Workshop]:
    """Return the workshops of one site."""
    return [each for each in WORKSHOPS if each.site == site]


def properties(workshop: Workshop, today: date) -> dict[str, object]:
    """Return the properties of an event about a workshop; the price is in euros."""
    return {
        "workshop_id": workshop.number,
        "title": workshop.title,
        "price": workshop.price / 100,
        "currency": "EUR",
        "date": (today + timedelta(days=workshop.days)).isoformat(),
        "site": TITLES[workshop.site],
    }
