"""Consents of a source, as choices for the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from helder.clock import stored
from helder.govern.consent import Choice
from helder.integrate.identifiers import Identity
from helder.integrate.records import Frame, Records

_DEFAULTS = {"purpose": "", "channel": "email", "title": "", "choice": "", "basis": "consent", "evidence": ""}


def choices(records: Records, frame: Frame) -> list[Choice]:
    """Return the choices in ``records``: for the person's number and, by e-mail, for the address too.

    An address may be shared; who said no on it must not be mailed on it because the sender sees another account.
    Rows without a choice or a moment hold none.
    """
    table = records.table
    columns = [
        table[name].to_pylist() if name in table.column_names else [default] * table.num_rows
        for name, default in _DEFAULTS.items()
    ]
    moments = table["at"].to_pylist() if "at" in table.column_names else [None] * table.num_rows
    owners = _owners(records, frame)
    recorded = stored(frame.now)
    found: list[Choice] = []
    for ids, at, values in zip(owners, moments, zip(*columns, strict=True), strict=True):
        named = {name: value for name, value in zip(_DEFAULTS, values, strict=True) if value is not None}
        if at is not None and named.get("choice") in {"yes", "no"} and named.get("purpose"):
            found += _made(ids, named, at, recorded, frame.mapping.source)
    return found


def _owners(records: Records, frame: Frame) -> Iterator[list[Identity]]:
    """Yield, per row, the identities that its choice is recorded for."""
    known = records.owners.identities
    columns = [records.owners.own.to_pylist()]
    kinds = [kind for kind, _ in frame.item.kinds()]
    columns += [ids.to_pylist() for kind, ids in zip(kinds, records.owners.columns, strict=True) if kind == "email"]
    for row in zip(*columns, strict=True):
        yield [known[item] for item in dict.fromkeys(row) if item is not None]


def _made(
    ids: list[Identity], named: dict[str, str], at: datetime, recorded: datetime, source: str
) -> Iterator[Choice]:
    for identity in ids:
        yield Choice(
            identity_id=identity.id,
            kind=identity.kind,
            value=identity.value,
            purpose=named["purpose"],
            channel=named.get("channel", "email"),
            title=named.get("title", ""),
            choice=named["choice"],
            basis=named.get("basis", "consent"),
            evidence=named.get("evidence", ""),
            at=at,
            recorded_at=recorded,
            source=source,
        )
