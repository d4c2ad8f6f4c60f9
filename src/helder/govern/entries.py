"""What mapping files add to the catalogue, kept in state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from helder.govern.catalogue import Catalogue, EventEntry, Field, base_catalogue
from helder.store.state import State
from helder.store.tables.definitions import catalogue_entry


def read_catalogue(state: State) -> Catalogue:
    """Return the base catalogue with what the mapping files of all sources add."""
    fields: dict[str, list[Field]] = {}
    events: list[EventEntry] = []
    with state.read() as connection:
        rows = connection.execute(select(catalogue_entry).order_by(catalogue_entry.c.kind, catalogue_entry.c.key)).all()
    for row in rows:
        if row.kind == "event":
            events.append(msgspec.json.decode(row.body, type=EventEntry))
        elif row.kind == "field":
            fields.setdefault(row.key.split(".", 1)[0], []).append(msgspec.json.decode(row.body, type=Field))
    return base_catalogue().extended(fields, events)


def save_entries(
    state: State, source: str, fields: Mapping[str, Iterable[Field]], events: Iterable[EventEntry]
) -> None:
    """Replace what ``source`` adds to the catalogue."""
    rows = [("field", f"{key}.{field.key}", field) for key, extra in fields.items() for field in extra]
    rows += [("event", event.name, event) for event in events]
    with state.write() as connection:
        connection.execute(delete(catalogue_entry).where(catalogue_entry.c.source == source))
        for kind, key, entry in rows:
            body = msgspec.json.encode(msgspec.structs.replace(entry, source=source)).decode()
            row = insert(catalogue_entry).values(kind=kind, key=key, source=source, body=body)
            connection.execute(row.on_conflict_do_nothing())
