"""What visitors of a web site do, as bodies of requests: people of the large company, and some never seen before."""

from __future__ import annotations

import random
from typing import Any

from hundred import TRIGGER_EVENT
from running import anonymous

FRESH = 0.05
"""Share of the events that come from somebody never seen before."""
_CONTEXT = {
    "page": {"path": "/artikel/12", "url": "https://tuin.lentehof.example/artikel/12", "title": "Snoeien in november"},
    "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "locale": "nl-NL",
    "library": {"name": "analytics.js", "version": "next-1.70.0"},
}


class Visitors:
    """Makes events, the same ones for the same seed."""

    def __init__(self, people: int, seed: int) -> None:
        """Let ``people`` people visit: every second one has an anonymous id."""
        self._people = people
        self._random = random.Random(seed)
        self._stem = f"{seed:x}"
        self._number = 0

    def event(self) -> dict[str, Any]:
        """Return something that somebody does."""
        if self._random.random() < FRESH:
            return self._does(f"new-{self._stem}-{self._number}")
        return self._does(anonymous(self._random.randrange(self._people // 2) * 2 + 1))

    def asks(self, person: int) -> dict[str, Any]:
        """Return that a person does what the trigger waits for."""
        return {
            **self._common(anonymous(person)),
            "type": "track",
            "event": TRIGGER_EVENT,
            "properties": {"topic": "rozen"},
        }

    def _does(self, who: str) -> dict[str, Any]:
        kind, thing = self._random.random(), self._random.randrange(100)
        if kind < 0.6:
            return {**self._common(who), "type": "page", "name": "Artikel", "properties": {"path": f"/artikel/{thing}"}}
        names: dict[float, tuple[str, dict[str, object]]] = {
            0.7: ("Products Searched", {"query": f"bollen {thing}"}),
            0.86: ("Product Viewed", {"product_id": f"P{thing}", "price": thing + 0.95}),
            0.96: ("Workshop Viewed", {"workshop_id": f"W{thing % 12}", "title": "Snoeien", "price": 89}),
            0.98: ("Signed In", {}),
            0.99: ("Order Completed", {"order_id": f"O{thing}", "total": thing + 0.95, "currency": "EUR"}),
            1.0: ("Workshop Registration Started", {"workshop_id": f"W{thing % 12}", "title": "Snoeien", "price": 89}),
        }
        name, properties = next(each for bound, each in names.items() if kind <= bound)
        return {**self._common(who), "type": "track", "event": name, "properties": properties}

    def _common(self, who: str) -> dict[str, Any]:
        self._number += 1
        return {"anonymousId": who, "messageId": f"bench-{self._stem}-{self._number:09}", "context": _CONTEXT}
