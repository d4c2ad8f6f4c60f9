r"""Web events as the browsers' library writes them: one JSON object a line, without the moment of sending.

A line is ``<site><kind><alone> <skew>\t<json>``: the site's number, the kind of call (``p`` page, ``t`` track, ``i``
identify), ``1`` when the event goes in a request of its own, and by how many seconds the browser's clock is off. The
sender adds ``sentAt``.
"""

from __future__ import annotations

from datetime import date
from typing import BinaryIO

import msgspec
import numpy as np

from helder.demo.company import rates
from helder.demo.company.clicks import (
    COMPLETED,
    IDENTIFY,
    PAGE,
    PRODUCT,
    SEARCH,
    SIGNED_IN,
    STARTED,
    WORKSHOP,
    Clicks,
)
from helder.demo.company.extracts import crawlers
from helder.demo.company.layout import HOSTS
from helder.demo.company.shop import ARTICLES
from helder.demo.company.visitors import Visitor
from helder.demo.company.workshops import offered_on, properties

SEARCHES = (
    "snoeien", "bollen planten", "zuurdesem", "pompoensoep", "route Maas", "wandelkaart",
    "vaste planten", "crème brûlée", "tomaten 🍅", "kerstmenu", "workshop", "moestuin december",
    "Pieterpad", "appeltaart", "composteren",
)  # fmt: skip
PAGES = (
    ("/", "Home"),
    ("/artikelen/het-seizoen", "Het seizoen"),
    ("/artikelen/tips", "Tien tips"),
    ("/recepten", "Recepten"),
    ("/agenda", "Agenda"),
    ("/abonneren", "Abonneren"),
    ("/over-ons", "Over ons"),
    ("/routes/herfst", "Routes"),
)


def _json(value: object) -> str:
    """Return a value as JSON text."""
    return msgspec.json.encode(value).decode()


class Phrases:
    """The middle parts of events, made once: (kind of call, JSON between the message id and the browser)."""

    def __init__(self, site: int, today: date) -> None:
        """Prepare the parts for one site; workshops are held some days after ``today``."""
        base = f"https://{HOSTS[site]}"
        self.of: dict[int, list[tuple[str, str]]] = {
            PAGE: [("p", self._page(base, path, title)) for path, title in PAGES],
            SEARCH: [self._track("Products Searched", {"query": each}) for each in SEARCHES],
            PRODUCT: [
                self._track(
                    "Product Viewed", {"product_id": sku, "name": name, "price": cents / 100, "currency": "EUR"}
                )
                for sku, name, cents in ARTICLES
            ],
            IDENTIFY: [("i", '"type":"identify"')],
            SIGNED_IN: [self._track("Signed In", {"method": "password"})],
        }
        for what, name in (
            (WORKSHOP, "Workshop Viewed"),
            (STARTED, "Workshop Registration Started"),
            (COMPLETED, "Workshop Registration Completed"),
        ):
            self.of[what] = [self._track(name, properties(each, today)) for each in offered_on(site)]

    def _page(self, base: str, path: str, title: str) -> str:
        """Return a page view."""
        return f'"type":"page","name":{_json(title)},"properties":{_json(page(base, path, title))}'

    def _track(self, event: str, properties: dict[str, object]) -> tuple[str, str]:
        """Return a tracked event."""
        return "t", f'"type":"track","event":{_json(event)},"properties":{_json(properties)}'


def page(base: str, path: str, title: str) -> dict[str, str]:
    """Return the properties of a page view."""
    return {"url": base + path, "path": path, "title": title}


class Wire:
    """Writes a chunk's events."""

    def __init__(self, file: BinaryIO, prefix: str, luck: np.random.Generator, today: date) -> None:
        """Write to ``file``; message ids are ``prefix`` and the event's place."""
        self._file, self._prefix, self._luck = file, prefix, luck
        self._phrases = [Phrases(site, today) for site in range(len(HOSTS))]

    def write(self, events: Clicks, visitors: list[Visitor]) -> int:
        """Write all events in order of time, and return how many."""
        moments = self._moments(events, visitors)
        picks = self._luck.integers(0, 1 << 20, len(events)).tolist()
        alone = (self._luck.random(len(events)) < rates.SINGLE).tolist()
        browsers = [_browser(each) for each in visitors]
        columns = zip(
            events.visitor.tolist(), events.what.tolist(), events.stage.tolist(), events.first.tolist(), moments, picks,
            alone, strict=True,
        )  # fmt: skip
        for n, row in enumerate(columns):
            self._file.write(self._line(n, row, visitors, browsers).encode())
        return len(events)

    def _moments(self, events: Clicks, visitors: list[Visitor]) -> list[str]:
        """Return the moments by the browsers' own clocks."""
        skew = np.array([each.skew for each in visitors] + [0], dtype=np.int64)[events.visitor]
        return np.datetime_as_string((events.at + skew * 1000).astype("datetime64[ms]")).tolist()

    def _line(
        self,
        number: int,
        row: tuple[int, int, int, bool, str, int, bool],
        visitors: list[Visitor],
        browsers: list[str],
    ) -> str:
        """Return the line of one event."""
        whose, what, stage, first, moment, pick, alone = row
        if whose < 0:
            return self._crawler(number, moment, pick)
        visitor = visitors[whose]
        options = self._phrases[visitor.site].of[what]
        kind, phrase = options[pick % len(options)]
        user = (visitor.mate if stage == 2 else visitor.user) if stage else ""
        if first and visitor.landing:
            kind, phrase = "p", _landing(visitor)
        elif what == IDENTIFY:
            phrase += _traits(visitor, stage)
        who = f'"userId":"{user}",' if user else ""
        single = "1" if alone or visitor.skew else "0"
        return (
            f'{visitor.site}{kind}{single} {visitor.skew}\t{{{phrase},"messageId":"{self._prefix}{number:x}",{who}'
            f'{browsers[whose]},"timestamp":"{moment}Z"}}\n'
        )

    def _crawler(self, number: int, moment: str, pick: int) -> str:
        """Return the line of a crawler's page view, each with a new anonymous id as they keep no cookies."""
        site, agents = pick % len(HOSTS), crawlers()
        kind, phrase = self._phrases[site].of[PAGE][pick % len(PAGES)]
        anonymous = f"bot-{self._prefix}{number:x}"
        context = f'"context":{{"userAgent":{_json(agents[pick % len(agents)])}}}'
        return (
            f'{site}{kind}0 0\t{{{phrase},"messageId":"{self._prefix}{number:x}",'
            f'"anonymousId":"{anonymous}",{context},"timestamp":"{moment}Z"}}\n'
        )


def _browser(visitor: Visitor) -> str:
    """Return what every event of a browser carries."""
    agreed = '"consent":{"categoryPreferences":{"device":true}}'
    device = f',"device":{{"id":"{visitor.device}"}},{agreed}' if visitor.device else ""
    library = '"library":{"name":"analytics.js","version":"next-1.84.3"}'
    context = f'"context":{{"userAgent":"{visitor.agent}","locale":"nl-NL",{library}{device}}}'
    return f'"anonymousId":"{visitor.anonymous}",{context}'


def _landing(visitor: Visitor) -> str:
    """Return the page view of someone who comes in by a signed link."""
    url = f"https://{HOSTS[visitor.site]}/agenda?utm_source=nieuwsbrief&hld={visitor.landing}"
    properties = {"url": url, "path": "/agenda", "title": "Agenda"}
    return f'"type":"page","name":"Agenda","properties":{_json(properties)}'


def _traits(visitor: Visitor, stage: int) -> str:
    """Return the traits of a log-in; the sites send the address for some."""
    return f',"traits":{_json({"email": visitor.user_email})}' if stage == 1 and visitor.user_email else ',"traits":{}'
