"""The timeline of one person: what the facts tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import ibis

from helder.clock import aware
from helder.collect.words import without_word
from helder.govern.catalogue import Catalogue, CatalogueObject, Words
from helder.integrate.loading import wanted_ids
from helder.integrate.reading import wanted
from helder.integrate.view import Happening
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

MOST = 200
"""Entries of each sort that are shown, the newest."""
_OBJECTS = {"orders": "order", "subscription": "subscription", "ticket": "ticket"}
_MICROS = 1_000_000


def happenings(facts: Facts, ids: Sequence[int], catalogue: Catalogue) -> Iterator[Happening]:
    """Yield events, orders, returns, subscriptions and tickets of the identities ``ids``."""
    events = table("every_event")
    newest = events.semi_join(wanted_ids(), "identity_id").order_by(ibis.desc("at")).limit(MOST)
    for row in facts.read(newest.select("at", "type", "name", "source", "url"), wanted=wanted(ids)).to_pylist():
        address = without_word(row["url"] or "")
        yield Happening(aware(row["at"]), _event_words(row, catalogue), address, row["source"])
    for name, key in _OBJECTS.items():
        rows = table(name).filter(lambda t: t.until_batch.isnull() & t["at"].notnull())
        mine = rows.semi_join(wanted_ids(), "identity_id").order_by(ibis.desc("at")).limit(MOST)
        for row in facts.read(mine, wanted=wanted(ids)).to_pylist():
            object_key = "return" if row.get("kind") == "return" else key
            yield happening(row, aware(row["at"]), catalogue.objects[object_key], row["source"])


def happening(
    row: Mapping[str, Any], at: datetime, item: CatalogueObject, source: str, *, live: bool = False
) -> Happening:
    """Return a row of a source as an entry of the timeline (``at``: aware UTC)."""
    field = item.fields.get("status")
    status = field.said(row.get("status")) if field else None
    nl, en = (status.nl, status.en) if status else (row.get("status"), row.get("status"))
    amount, currency = row.get("amount_micros"), row.get("currency") or ""
    plain = _told(row, row.get("status"))
    return Happening(
        at,
        item.label,
        plain if amount is None else ", ".join(filter(None, (plain, money(amount, currency)))),
        source,
        live=live,
        said=Words(nl=_told(row, nl), en=_told(row, en)),
        amount_micros=amount,
        currency=currency,
    )


def _told(row: Mapping[str, Any], status: object) -> str:
    """Return the few words that tell one row from another: its key, title and status."""
    told = [*(row.get(name) for name in ("record_key", "title", "workshop")), status]
    return ", ".join(str(each) for each in told if each)


def money(micros: int, currency: str) -> str:
    """Return an amount with two decimals; rounded only here, where it is shown."""
    return f"{currency} {micros / _MICROS:.2f}".strip()


def _event_words(row: dict[str, Any], catalogue: Catalogue) -> Words:
    name = row["name"] or row["type"]
    if row["type"] in {"page", "screen"}:
        page = catalogue.events["Page Viewed"].label
        return Words(nl=f"{page.nl}: {name}", en=f"{page.en}: {name}")
    known = catalogue.events.get(name)
    return known.label if known else Words(nl=name, en=name)
