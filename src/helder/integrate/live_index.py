"""The identity index of live sources: who is in them, by key and normalised identifiers. No other value is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import ibis
import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import update

from helder.govern.entries import read_catalogue
from helder.integrate.convert import as_text
from helder.integrate.definitions import SourceDefinition
from helder.integrate.identifiers import Identifiers
from helder.integrate.importing import ObjectReport, Progress, append_identities, append_new
from helder.integrate.live import LiveSources
from helder.integrate.mapping import Column, ObjectMapping
from helder.integrate.records import Frame, Records, identity_rows, link_rows, read_records
from helder.integrate.sources import Chunk, LiveConnection
from helder.integrate.tables import name_rows
from helder.store.facts.protocol import Facts
from helder.store.state import State
from helder.store.tables.sources import source as source_table

_PATIENCE = 60
"""How many times longer than for a question the whole index may take."""
_NAMES = ("first_name", "infix", "last_name", "full_name")


class LiveIndex:
    """Polls live sources for people who are new or changed."""

    def __init__(self, state: State, facts: Facts, key: bytes, sources: LiveSources) -> None:
        """Read definitions and keep cursors in ``state``; write the index to ``facts``."""
        self._state = state
        self._facts = facts
        self._key = key
        self.sources = sources

    def poll(self, found: SourceDefinition, now: datetime, progress: Progress) -> Iterator[ObjectReport]:
        """Index the people of one source who changed since the last time.

        Raises:
            Unavailable: when the source cannot be asked; the cursor stays where it was.
        """
        connection = self.sources.connect(found, patience=_PATIENCE)
        for number, item in enumerate(found.mapping.object):
            if item.object == "person":
                yield self._people(found, (number, item), connection, now)
                progress(f"{found.mapping.source}: {item.place}", 1.0)

    def _people(
        self, found: SourceDefinition, numbered: tuple[int, ObjectMapping], connection: LiveConnection, now: datetime
    ) -> ObjectReport:
        number, item = numbered
        rows = self._changed(item, connection, found.cursors.get(str(number), ""))
        frame = self._frame(found, item, now)
        chunk = Chunk(rows, pa.array(range(1, rows.num_rows + 1), pa.int64()))
        records = read_records(chunk, frame)
        fresh = self._write(records, frame)
        if item.changed and rows.num_rows:
            newest = as_text(pa.array([pc.max(rows[item.changed]).as_py()]))[0].as_py()
            self._move(found, str(number), newest or found.cursors.get(str(number), ""))
        return ObjectReport(item.object, item.place, rows=rows.num_rows, fresh=fresh)

    def _changed(self, item: ObjectMapping, connection: LiveConnection, cursor: str) -> pa.Table:
        """Return the key, identifiers and names of people at or past the cursor."""
        there = connection.columns(item.table)
        raw = ibis.table(there, name=item.table)
        names = [(item.column(field) or Column()).column for field in _NAMES if item.column(field)]
        wanted = dict.fromkeys([*item.keys, *(column for _, column in item.kinds()), *names, item.changed])
        if item.changed and cursor:
            column = raw[item.changed]
            # At the cursor too: more may have come within the same second. Rows without a moment always come along.
            newer = column >= (cursor if column.type().is_string() else ibis.literal(float(cursor)))
            raw = raw.filter(newer | column.isnull())
        return connection.run(raw.select(*(name for name in wanted if name)))

    def _frame(self, found: SourceDefinition, item: ObjectMapping, now: datetime) -> Frame:
        """Return a frame that reads the names only."""
        fields = {name: spec for name, spec in item.fields.items() if name in _NAMES}
        narrow = msgspec.structs.replace(item, fields=fields)
        known = read_catalogue(self._state).objects[item.object]
        return Frame(found.mapping, narrow, known, Identifiers(self._key, found.mapping.region), now)

    def _write(self, records: Records, frame: Frame) -> int:
        """Append what is new to the index; return how many links and identities that is."""
        links = link_rows(records.owners, records.table["record_key"], frame.mapping.source, frame.now)
        with self._facts.write() as batch:
            fresh = append_identities(batch, identity_rows(records.owners.identities, frame.now))
            fresh += append_new(batch, "link", links, ["a", "b", "reason", "source"])
            names = name_rows(records, self._key)
            append_new(batch, "name_key", names, ["identity_id", "surname_key", "first_key", "initial_key"])
        return fresh

    def _move(self, found: SourceDefinition, number: str, cursor: str) -> None:
        cursors = {**found.cursors, number: cursor}
        body = msgspec.json.encode(cursors).decode()
        row = update(source_table).where(source_table.c.key == found.mapping.source).values(cursor=body)
        with self._state.write() as connection:
            connection.execute(row)
