"""What ``identify`` calls say about people, as person records: one record for each identity and source.

A call states only some fields. A newer version keeps what the older one said about the others, so that survivorship
sees the record as the sender knows it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import ibis
import msgspec
import pyarrow as pa
from ibis.expr.types import Table

from helder.collect.sighting import MOMENT, Seen
from helder.store.facts.protocol import Batch
from helder.store.facts.schema import PERSON_FIELDS, SCHEMAS, table

FIELDS = (*PERSON_FIELDS, "email_verified", "extra")
_ARROW = {"string": pa.string(), "date": pa.date32(), "boolean": pa.bool_()}
_PYTHON: Mapping[str, type] = {"string": str, "date": date, "boolean": bool}


class Person(msgspec.Struct):
    """A record in the making."""

    source: str
    identity_id: int
    seen_at: datetime
    changed_at: datetime
    fields: dict[str, Any]

    @property
    def key(self) -> tuple[str, str]:
        """(source, record_key): the record's identity in the facts."""
        return self.source, str(self.identity_id)


def persons_seen(seen: Iterable[Seen]) -> dict[tuple[str, str], Person]:
    """Return one person for each source and identity; of two events about one, the later wins field by field."""
    found: dict[tuple[str, str], Person] = {}
    stating = [(event, who) for event, who in seen if who.person]
    for event, who in sorted(stating, key=lambda pair: pair[0].at):
        person = found.setdefault(
            (event.source, str(who.identity.id)), Person(event.source, who.identity.id, event.at, event.at, {})
        )
        person.fields.update(_known(who.person or {}))
        person.changed_at = event.at
    return found


def write_persons(batch: Batch, persons: dict[tuple[str, str], Person]) -> None:
    """Add the versions of ``persons``, each over what its record said before."""
    if not persons:
        return
    keys = pa.table({"source": [source for source, _ in persons], "record_key": [key for _, key in persons]})
    before = {(row["source"], row["record_key"]): row for row in batch.read(_current(), wanted=keys).to_pylist()}
    batch.supersede("person_record", keys)
    batch.append("person_record", _rows([_over(before.get(key), person) for key, person in persons.items()]))


def _known(person: Mapping[str, object]) -> dict[str, object]:
    """Return the stated fields that a record has, those of a wrong type left out."""
    types = SCHEMAS["person_record"]
    return {name: value for name, value in person.items() if name in FIELDS and isinstance(value, _PYTHON[types[name]])}


def _over(before: Mapping[str, Any] | None, person: Person) -> Person:
    """Return ``person`` with what it does not state taken from the version before."""
    if before is None:
        return person
    older = before["changed_at"] > person.changed_at
    kept = {name: before[name] for name in FIELDS if before[name] is not None}
    fields = {**person.fields, **kept} if older else {**kept, **person.fields}
    return Person(
        person.source,
        person.identity_id,
        min(before["seen_at"], person.seen_at),
        max(before["changed_at"], person.changed_at),
        fields,
    )


@cache
def _current() -> Table:
    """Return the question for the current versions of the records in the small table ``wanted``."""
    record = table("person_record")
    wanted = ibis.table({"source": "string", "record_key": "string"}, name="wanted")
    return record.filter(record.until_batch.isnull()).semi_join(wanted, ["source", "record_key"])


def _rows(persons: list[Person]) -> pa.Table:
    columns = {
        "source": pa.array([person.source for person in persons], pa.string()),
        "record_key": pa.array([str(person.identity_id) for person in persons], pa.string()),
        "identity_id": pa.array([person.identity_id for person in persons], pa.int64()),
        "seen_at": pa.array([person.seen_at for person in persons], MOMENT),
        "changed_at": pa.array([person.changed_at for person in persons], MOMENT),
    }
    for name in FIELDS:
        kind = _ARROW[SCHEMAS["person_record"][name]]
        columns[name] = pa.array([person.fields.get(name) for person in persons], kind)
    return pa.table(columns)
