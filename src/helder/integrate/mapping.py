"""Mapping files: which column of a source is what in the catalogue. Reference: ``docs/reference/mapping-files.md``."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Literal

import msgspec

from helder.errors import InvalidInput
from helder.govern.catalogue import Catalogue, CatalogueObject, EventEntry, Field, Words

LINE = "#"
"""As a column: the number of the line in the file."""


class MappingError(InvalidInput):
    """A mapping file cannot be used; the message names the file, the table, the key and how to mend it."""

    code = "bad-mapping"


class ColumnGone(InvalidInput):
    """A mapped column is not in the source any more; nothing was read or changed."""

    code = "column-gone"


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the value of a catalogue field comes from."""

    column: str = ""
    value: str | int | float | bool | None = None
    """A constant, instead of a column."""
    type: Literal["", "text", "number", "money", "time", "date", "flag", "choice"] = ""
    """Overrides the catalogue's type."""
    unit: Literal["", "cent"] = ""
    """cent: money is given in hundredths."""
    currency: str = ""
    """ISO 4217; of money that has no currency column."""
    currency_column: str = ""
    format: str = "iso"
    """iso, unix (seconds), unix_ms, or a pattern of strptime such as %d-%m-%Y."""
    zone: str = ""
    """IANA zone of times that do not say theirs; default: the source's."""
    decimal: Literal["", ".", ","] = ""
    """Decimal mark; empty: read from each value."""
    times: str = ""
    """Column that the number or money is multiplied by."""
    values: dict[str, str | bool] = {}
    """From the source's words to the catalogue's; empty means all words are kept."""
    others: Literal["keep", "drop"] = "keep"
    """What becomes of words that ``values`` does not have: kept as they are, or left out."""


class ObjectMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"only": "where"}):
    """One file or table of a source."""

    object: str
    key: str | list[str]
    path: str = ""
    table: str = ""
    changed: str = ""
    """Column that tells when a row changed."""
    identifiers: dict[str, str | list[str]] = {}
    """Identity kind → column(s); the first is the record's own identity."""
    payer: dict[str, str] = {}
    """Identity kind → column of who pays, when that may be someone else (subscriptions)."""
    fields: dict[str, str | Column] = {}
    only: dict[str, str | list[str]] = {}
    """Column → value(s): rows with other values are left alone."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the record key."""
        return (self.key,) if isinstance(self.key, str) else tuple(self.key)

    @property
    def place(self) -> str:
        """The file or table, as a person names it."""
        return self.path or self.table

    def kinds(self) -> Iterator[tuple[str, str]]:
        """Yield (identity kind, column), the record's own identity first."""
        for kind, columns in self.identifiers.items():
            for column in [columns] if isinstance(columns, str) else columns:
                yield kind, column

    def column(self, field: str) -> Column | None:
        """Return where ``field`` comes from; None when it is not mapped."""
        found = self.fields.get(field)
        return Column(found) if isinstance(found, str) else found

    def columns(self) -> set[str]:
        """Return every column that the source must have."""
        named = {*self.keys, *self.only, *self.payer.values(), self.changed, *(column for _, column in self.kinds())}
        for field in self.fields:
            spec = self.column(field) or Column()
            named |= {spec.column, spec.times, spec.currency_column}
        return named - {"", LINE}


class AddedField(Field, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A field that a mapping file adds to an object of the catalogue."""

    object: str


class SourceMapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A mapping file."""

    source: str
    name: Words
    type: str
    mode: Literal["copied", "live", "web"] = "copied"
    trust: int = 50
    """Higher is more trusted, where sources contradict each other."""
    zone: str = "UTC"
    """IANA zone of times that do not say theirs."""
    region: str = "NL"
    """Country of phone numbers that do not say theirs (ISO 3166)."""
    link_secret: str = ""
    write_key: str = ""
    user_id_kind: str = ""
    """Identity kind of the user ids that a web source sends; default user:<source>."""
    hosts: tuple[str, ...] = ()
    database: str = ""
    object: tuple[ObjectMapping, ...] = ()
    event: tuple[EventEntry, ...] = ()
    field: tuple[AddedField, ...] = ()


def parse_mapping(text: str, catalogue: Catalogue, name: str) -> SourceMapping:
    """Return the mapping in the TOML ``text``, checked against ``catalogue``.

    Args:
        text: the file's content.
        catalogue: what fields may be mapped to, besides those that the file adds.
        name: the file, as messages call it.

    Raises:
        MappingError: naming the file, the table, the key and how to mend it.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), SourceMapping)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"{name} is not valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise MappingError(f"{name}: {error}. See docs/reference/mapping-files.md.") from error
    extended = catalogue.extended(added_fields(found), found.event)
    faults = [*_faults_of_source(found), *_faults_of_objects(found, extended)]
    if faults:
        raise MappingError(f"{name}: " + "; ".join(faults))
    return found


def added_fields(mapping: SourceMapping) -> dict[str, list[Field]]:
    """Return the fields that a mapping adds to the catalogue, by object."""
    added: dict[str, list[Field]] = {}
    for item in mapping.field:
        values = {name: getattr(item, name) for name in Field.__struct_fields__}
        added.setdefault(item.object, []).append(Field(**values))
    return added


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint with the names closest to ``name``: the ending of a message."""
    spelled = {item.lower(): item for item in known}
    found = [spelled[item] for item in get_close_matches(name.lower(), spelled, n=3, cutoff=0.5)]
    return f"did you mean {' or '.join(found)}?" if found else f"there is: {', '.join(sorted(known)) or 'nothing'}."


def missing_columns(mapping: ObjectMapping, present: Iterable[str], source: str) -> None:
    """Check that a source still has every mapped column.

    Raises:
        ColumnGone: naming each column that is gone and the nearest ones that are there.
    """
    there = list(present)
    gone = sorted(mapping.columns() - set(there))
    if gone:
        told = " ".join(f"column {column!r} is gone: {nearest(column, there)}" for column in gone)
        raise ColumnGone(f"{source}, {mapping.place}: {told} Nothing was read; mend the source or its mapping file.")


def _faults_of_source(found: SourceMapping) -> Iterator[str]:
    """Yield what is wrong at the top of the file."""
    if not found.source.replace("-", "").replace("_", "").isalnum():
        yield f"source = {found.source!r} may hold letters, digits, - and _ only"
    if found.type == "web" and not found.write_key:
        yield "a web source needs write_key"
    if found.type not in {"files", "web"} and not found.database:
        yield f"a source of type {found.type} needs database"


def _faults_of_objects(found: SourceMapping, catalogue: Catalogue) -> Iterator[str]:
    """Yield what is wrong in each [[object]]."""
    for number, item in enumerate(found.object, 1):
        where = f"[[object]] {number} ({item.object})"
        known = catalogue.objects.get(item.object)
        if known is None:
            yield f"{where}: object {item.object!r} is not in the catalogue; {nearest(item.object, catalogue.objects)}"
            continue
        if bool(item.path) == bool(item.table):
            yield f"{where}: give path (files) or table (databases)"
        if not item.keys:
            yield f"{where}: key names the column(s) that make a row's key"
        if item.object == "person" and not item.identifiers:
            yield f"{where}: a person needs [object.identifiers], its own number first"
        yield from (f"{where}: {fault}" for fault in _faults_of_fields(item, known))


def _faults_of_fields(item: ObjectMapping, known: CatalogueObject) -> Iterator[str]:
    """Yield what is wrong in [object.fields]."""
    for field, spec in item.fields.items():
        if field not in known.fields:
            hint = nearest(field, known.fields)
            yield f"[object.fields] {field}: not a field of {item.object}; {hint} Or add it with [[field]]"
        if isinstance(spec, Column) and not spec.column and spec.value is None:
            yield f"[object.fields] {field}: give column or value"
