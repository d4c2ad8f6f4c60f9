"""Survivorship for one person: which value of each field holds, where it came from, why, and which ones lost. Pure.

``golden`` does the same for everyone at once, without the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from helder.govern.catalogue import Field, Words

Value: TypeAlias = Any
"""A value of a field: text, a day, a number."""

WHY: dict[str, Words] = {
    "only": Words(nl="enige opgave", en="the only value stated"),
    "most_recent": Words(nl="het laatst gewijzigd", en="changed last"),
    "most_trusted": Words(nl="uit de meest vertrouwde bron", en="from the most trusted source"),
    "most_frequent": Words(nl="het vaakst opgegeven", en="stated most often"),
    "longest": Words(nl="de volledigste opgave", en="the fullest value"),
    "verified_first": Words(nl="bevestigd, of van deze persoon alleen", en="verified, or this person's alone"),
}


class StatedRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one source says about a person."""

    source: str
    record_key: str
    trust: int
    moment: datetime
    """When it was changed, or else seen, last (naive UTC)."""
    verified: bool = False
    """The source says that the address was confirmed."""
    own: bool = True
    """The address is an identity of this person, not one that is shared."""
    live: bool = False
    """Read from the source just now."""
    values: dict[str, Value]


class Lost(msgspec.Struct, frozen=True):
    """A value that was stated, and does not hold."""

    value: Value
    source: str
    at: datetime


class Survivor(msgspec.Struct, frozen=True):
    """The value that holds."""

    field: str
    value: Value
    source: str
    at: datetime
    why: Words
    live: bool
    lost: tuple[Lost, ...]


def survivors(records: Sequence[StatedRecord], grouped: Iterable[Sequence[Field]]) -> dict[str, Survivor]:
    """Return what holds, by field; fields that nobody states are left out.

    Args:
        records: everything that sources say about one person.
        grouped: the fields of the golden record; those of one group are taken from one record.
    """
    found: dict[str, Survivor] = {}
    for fields in grouped:
        stating = [record for record in records if any(record.values.get(field.key) is not None for field in fields)]
        if not stating:
            continue
        winner = _winner(stating, fields[0])
        for field in fields:
            value = winner.values.get(field.key)
            if value is not None:
                found[field.key] = _survivor(field, value, winner, stating)
    return found


def _winner(stating: Sequence[StatedRecord], field: Field) -> StatedRecord:
    """Return the record whose values hold."""
    if field.survivorship == "most_frequent":
        return _most_frequent(stating, field.key)
    return max(stating, key=lambda record: (*_weight(record, field), record.source, record.record_key))


def _weight(record: StatedRecord, field: Field) -> tuple[Value, ...]:
    """Return what decides, most important first."""
    if field.survivorship == "most_recent":
        return record.moment, record.trust
    if field.survivorship == "most_trusted":
        return record.trust, record.moment
    if field.survivorship == "verified_first":
        return record.own, record.verified, record.trust, record.moment
    return len(str(record.values.get(field.key) or "")), record.trust, record.moment


def _most_frequent(stating: Sequence[StatedRecord], key: str) -> StatedRecord:
    """Return a record with the value that most records state."""
    times = Counter(record.values[key] for record in stating)
    best: dict[Value, tuple[int, datetime]] = {}
    for record in stating:
        value = record.values[key]
        best[value] = max(best.get(value, (record.trust, record.moment)), (record.trust, record.moment))
    chosen = max(times, key=lambda value: (times[value], best[value], str(value)))
    same = [record for record in stating if record.values[key] == chosen]
    return max(same, key=lambda record: (record.trust, record.moment, record.source, record.record_key))


def _survivor(field: Field, value: Value, winner: StatedRecord, stating: Sequence[StatedRecord]) -> Survivor:
    others = {record.values[field.key] for record in stating if record.values.get(field.key) is not None} - {value}
    lost = [
        Lost(record.values[field.key], record.source, record.moment)
        for record in sorted(stating, key=lambda item: item.moment, reverse=True)
        if record.values.get(field.key) in others
    ]
    why = WHY[field.survivorship] if others else WHY["only"]
    return Survivor(field.key, value, winner.source, winner.moment, why, winner.live, _each_once(lost))


def _each_once(lost: Iterable[Lost]) -> tuple[Lost, ...]:
    return tuple({item.value: item for item in reversed(list(lost))}.values())[::-1]
