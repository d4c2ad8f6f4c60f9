"""Sources: added with a mapping file, then kept in sync."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import msgspec
from sqlalchemy import func, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.sqlite import insert

from helder.clock import aware, stored
from helder.errors import HelderError, InvalidInput
from helder.govern import audit
from helder.govern.entries import read_catalogue, save_entries
from helder.integrate.definitions import SourceDefinition, mark, read_definition, read_definitions
from helder.integrate.importing import Importer, ObjectReport, Progress, in_order
from helder.integrate.live_index import LiveIndex
from helder.integrate.mapping import ObjectMapping, SourceMapping, added_fields, missing_columns, parse_mapping
from helder.integrate.sources import CopiedSource, LiveSource, source_type
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table
from helder.store.state import State
from helder.store.tables.sources import imported_file, write_key
from helder.store.tables.sources import source as source_table


class SyncReport(msgspec.Struct, frozen=True):
    """What a sync of one source did."""

    source: str
    mode: str
    objects: tuple[ObjectReport, ...] = ()

    @property
    def rows(self) -> int:
        """Rows read."""
        return sum(item.rows for item in self.objects)


class SourceStatus(msgspec.Struct, frozen=True):
    """How a source is doing."""

    source: str
    type: str
    mode: str
    health: str
    detail: str
    synced_at: datetime | None
    """Aware UTC; of a web source when its last event came in."""


Statuses: TypeAlias = list[SourceStatus]
Reports: TypeAlias = list[ObjectReport]


def _silent(_what: str, _share: float) -> None:
    """Tell nobody how far it is."""


class Sources:
    """Every source of this installation."""

    def __init__(self, state: State, facts: Facts, key: bytes, live: LiveIndex) -> None:
        """Keep definitions in ``state``, rows in ``facts``; ``key`` makes identities, ``live`` indexes live sources."""
        self._state = state
        self._facts = facts
        self._importer = Importer(facts, state, key)
        self._live = live

    def add(self, path: Path, now: datetime) -> SourceDefinition:
        """Add the source of the mapping file at ``path``, or change the one with the same key.

        Raises:
            MappingError: naming the file, the table, the key and how to mend it.
        """
        try:
            text = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInput(f"{path.name} cannot be read: {error}") from error
        mapping = parse_mapping(text, read_catalogue(self._state), path.name)
        kind = source_type(mapping.type)
        mode = "live" if isinstance(kind, LiveSource) else "copied" if isinstance(kind, CopiedSource) else "web"
        save_entries(self._state, mapping.source, added_fields(mapping), mapping.event)
        # A changed mapping may name another cursor, so a live source is indexed from its beginning again.
        values = {"mapping": text, "folder": str(path.resolve().parent), "mode": mode, "cursor": None}
        row = insert(source_table).values(key=mapping.source, added_at=stored(now), **values)
        with self._state.write() as connection:
            connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))
            if mapping.write_key:
                digest = hashlib.sha256(mapping.write_key.encode()).hexdigest()
                key = insert(write_key).values(digest=digest, source=mapping.source, created_at=stored(now))
                connection.execute(key.on_conflict_do_nothing())
            audit.append(connection, audit.Entry(now, "helder", "added", f"source:{mapping.source}", mode))
        return read_definition(self._state, mapping.source)

    def sync(self, key: str, now: datetime, progress: Progress = _silent) -> SyncReport:
        """Bring Helder up to date with one source.

        A copied source's changed files are imported; a live source's identity index is polled; a web source sends of
        its own accord. Every mapped file and column is looked for first: when one is gone, nothing is changed.

        Raises:
            NotFound: when there is no such source.
            ColumnGone: naming the column and the nearest ones.
            Unavailable: when the source cannot be read now.
        """
        found = read_definition(self._state, key)
        try:
            report = self._sync(found, now, progress)
        except HelderError as error:
            mark(self._state, key, "failing", str(error))
            raise
        mark(self._state, key, "good", "", now)
        return report

    def list(self) -> Statuses:
        """Return all sources with how they were doing when last looked at."""
        definitions = read_definitions(self._state)
        heard = self._heard() if any(item.mapping.type == "web" for item in definitions.values()) else {}
        found = []
        for key, item in definitions.items():
            mapping, web = item.mapping, item.mapping.type == "web"
            mode, at = ("web", heard.get(key)) if web else (mapping.mode, item.synced_at)
            found.append(SourceStatus(key, mapping.type, mode, item.health, item.health_detail, at))
        return found

    def _heard(self) -> dict[str, datetime]:
        """Return when the last event of each source came in."""
        event = table("every_event")
        rows = self._facts.read(event.group_by("source").aggregate(at=event.received_at.max())).to_pylist()
        return {row["source"]: aware(row["at"]) for row in rows}

    def check(self) -> Statuses:
        """Look at every source now, note how each is doing, and return that."""
        for key, found in read_definitions(self._state).items():
            try:
                self._look(found)
            except HelderError as error:
                mark(self._state, key, "failing", str(error))
            else:
                mark(self._state, key, "good", "")
        return self.list()

    def _sync(self, found: SourceDefinition, now: datetime, progress: Progress) -> SyncReport:
        self._look(found)
        kind = source_type(found.mapping.type)
        key = found.mapping.source
        if isinstance(kind, LiveSource):
            return SyncReport(key, "live", tuple(self._live.poll(found, now, progress)))
        if not isinstance(kind, CopiedSource):
            return SyncReport(key, "web")
        return SyncReport(key, "copied", tuple(self._files(found, kind, now, progress)))

    def _look(self, found: SourceDefinition) -> None:
        """Check that everything that the mapping names is there."""
        mapping = found.mapping
        kind = source_type(mapping.type)
        columns: Callable[[ObjectMapping], Iterable[str]]
        if isinstance(kind, LiveSource):
            connection = self._live.sources.connect(found)
            columns = lambda item: connection.columns(item.table)  # noqa: E731 - one of two ways to look
        elif isinstance(kind, CopiedSource):
            columns = lambda item: kind.columns(item, found.folder)  # noqa: E731 - the other way
        else:
            return
        for item in mapping.object:
            missing_columns(item, columns(item), mapping.source)

    def _files(self, found: SourceDefinition, kind: CopiedSource, now: datetime, progress: Progress) -> Reports:
        """Import every object whose file changed since it was last imported."""
        reports: Reports = []
        catalogue = read_catalogue(self._state)
        for item in in_order(found.mapping):
            place = f"{item.place}#{item.object}"
            print_ = f"{kind.fingerprint(item, found.folder)}-{_mapping_print(item)}"
            if self._last_print(found.mapping.source, place) == print_:
                reports.append(ObjectReport(item.object, item.place, skipped=True))
                continue
            report = self._importer.run(kind, found.mapping, item, (found.folder, catalogue), now, progress)
            self._remember(found.mapping, place, print_, report, now)
            reports.append(report)
        return reports

    def _last_print(self, source: str, place: str) -> str | None:
        """Return the fingerprint of the file as it was imported last."""
        at = imported_file.c
        newest = select(func.max(at.id)).where(at.source == source, at.path == place).scalar_subquery()
        with self._state.read() as connection:
            return connection.scalar(select(at.fingerprint).where(at.id == newest))

    def _remember(
        self, mapping: SourceMapping, place: str, fingerprint: str, report: ObjectReport, now: datetime
    ) -> None:
        values = {"rows": report.rows, "rejected": report.rejected, "at": stored(now)}
        with self._state.write() as connection:
            gone = imported_file.delete().where(
                imported_file.c.source == mapping.source,
                imported_file.c.path == place,
                imported_file.c.fingerprint == fingerprint,
            )
            connection.execute(gone)
            connection.execute(
                plain_insert(imported_file).values(source=mapping.source, path=place, fingerprint=fingerprint, **values)
            )


def _mapping_print(item: ObjectMapping) -> str:
    """Return a hash of how the file is mapped: a changed mapping means reading it again."""
    return hashlib.blake2b(msgspec.json.encode(item), digest_size=6).hexdigest()
