"""What live sources know of one person, read when it is asked for and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from helder.clock import aware, stored
from helder.errors import Unavailable
from helder.govern.catalogue import Catalogue
from helder.integrate.definitions import SourceDefinition
from helder.integrate.happenings import happening
from helder.integrate.identifiers import normalise
from helder.integrate.live import LiveSources
from helder.integrate.mapping import ObjectMapping
from helder.integrate.survivorship import StatedRecord
from helder.integrate.view import Happening, ViewedIdentity
from helder.store.facts.schema import PERSON_FIELDS


def live_records(
    live: LiveSources,
    definitions: Mapping[str, SourceDefinition],
    identities: Sequence[ViewedIdentity],
    now: datetime,
    unavailable: list[str],
) -> list[StatedRecord]:
    """Return what live sources state about the person with ``identities``.

    Args:
        live: asks them.
        definitions: all sources.
        identities: of the person.
        now: taken as the moment of records that do not tell when they changed (aware UTC).
        unavailable: gets the reasons of those that cannot be asked.
    """
    own = {item.value for item in identities if item.kind == "email"}
    found = []
    for definition, item, row in _rows(live, definitions, identities, unavailable):
        if item.object == "person":
            values = {name: _shown(name, row.get(name)) for name in PERSON_FIELDS}
            moment = _moment(row.get("changed_at")) or stored(now)
            found.append(
                StatedRecord(
                    source=definition.mapping.source,
                    record_key=str(row["key"]),
                    trust=definition.mapping.trust,
                    moment=moment,
                    own=values["email"] in own,
                    live=True,
                    values=values,
                )
            )
    return found


def live_happenings(
    live: LiveSources,
    definitions: Mapping[str, SourceDefinition],
    identities: Sequence[ViewedIdentity],
    catalogue: Catalogue,
    unavailable: list[str],
) -> list[Happening]:
    """Return the entries of the timeline that live sources hold."""
    found = []
    for definition, item, row in _rows(live, definitions, identities, unavailable):
        at = _moment(row.get("at"))
        if item.object != "person" and at is not None:
            told = {**row, "amount_micros": row.get("amount"), "currency": _currency(item)}
            source = definition.mapping.source
            found.append(happening(told, aware(at), catalogue.objects[item.object], source, live=True))
    return found


def _rows(
    live: LiveSources,
    definitions: Mapping[str, SourceDefinition],
    identities: Sequence[ViewedIdentity],
    unavailable: list[str],
) -> Iterator[tuple[SourceDefinition, ObjectMapping, dict[str, Any]]]:
    """Yield every row of live sources that belongs to the person."""
    for source, definition in definitions.items():
        for item in definition.mapping.object if definition.mapping.mode == "live" else ():
            try:
                asked = live.object(source, item.object)
                keys = [one.value for one in identities if one.kind == asked.kind]
                rows = live.run(source, asked.table, keys).to_pylist() if keys else []
            except Unavailable as error:
                unavailable.append(str(error))
                break
            yield from ((definition, item, row) for row in rows)


def _shown(name: str, value: object) -> object:
    """Return a value as copied records hold it."""
    if value is None or value == "":
        return None
    if name in {"email", "phone"}:
        return normalise(name, str(value))
    if name == "birth_date" and not isinstance(value, date):
        try:
            return date.fromisoformat(str(value)[:10])
        except ValueError:
            return None
    return str(value) if not isinstance(value, date) else value


def _moment(value: object) -> datetime | None:
    """Return a moment as naive UTC."""
    if isinstance(value, datetime):
        return value
    try:
        found = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found and found.tzinfo else found


def _currency(item: ObjectMapping) -> str:
    spec = item.column("amount")
    return spec.currency if spec else ""
