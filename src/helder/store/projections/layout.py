"""How a table of facts lies in a projection: its key, and with that the order of its rows on disk."""

from __future__ import annotations

import msgspec
import pyarrow as pa

from helder.store.facts.arrow import ARROW
from helder.store.facts.schema import SCHEMAS


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """One table of a projection.

    Its columns are those of the table of facts, but for those in ``without``. The rows lie in the order of ``key``
    (SQLite's ``WITHOUT ROWID``), so that all rows of an identity stand together on a few pages.
    """

    table: str
    """Name of the table, in the facts and here."""
    key: tuple[str, ...]
    """Natural key; a row with the same key replaces the one that is there."""
    source: str = ""
    """Table or view of the facts that is read, when it is called otherwise."""
    indexed: tuple[str, ...] = ()
    """Columns with an index of their own."""
    without: tuple[str, ...] = ()
    """Columns that stay in the facts: wide ones that no question about a few people needs in a hurry."""
    tailed: bool = False
    """Whether new rows wait in a table of their own, in the order in which they came, until they are merged; such a
    table has no versions."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns, in the order of the facts."""
        return tuple(name for name in SCHEMAS[self.table] if name not in self.without)

    @property
    def read_from(self) -> str:
        """Table or view of the facts that the rows come from."""
        return self.source or self.table

    @property
    def tail(self) -> str:
        """Name of the table in which new rows wait; only when ``tailed``."""
        return f"{self.table}_tail"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables of the file in which the rows lie."""
        return (self.table, self.tail) if self.tailed else (self.table,)

    @property
    def versioned(self) -> bool:
        """Whether newer versions of a record end the older ones."""
        return "until_batch" in SCHEMAS[self.table]

    def arrow_type(self, column: str) -> pa.DataType:
        """Return the Arrow type of ``column``: the one that the facts answer with."""
        return ARROW[SCHEMAS[self.table][column]]

    def sqlite_type(self, column: str) -> str:
        """Return the SQLite type of ``column``.

        Moments are microseconds and dates are days, both since 1970. Fractions are their 64 bits as a whole number:
        the JSON that is read back would round them.
        """
        return "TEXT" if SCHEMAS[self.table][column] == "string" else "INTEGER"


HOT: dict[str, Layout] = {
    layout.table: layout
    for layout in (
        Layout(
            table="event",
            key=("identity_id", "at", "message_id"),
            source="every_event",
            # The context (browser, screen, locale) alone is often wider than all else together.
            without=("received_at", "original_at", "context"),
            tailed=True,
        ),
        Layout(table="orders", key=("identity_id", "at", "source", "record_key")),
        Layout(table="order_line", key=("identity_id", "at", "source", "record_key")),
        Layout(table="subscription", key=("identity_id", "at", "source", "record_key")),
        Layout(table="ticket", key=("identity_id", "at", "source", "record_key")),
        Layout(
            table="consent",
            key=("identity_id", "at", "purpose", "channel", "title", "source", "choice", "basis"),
        ),
        Layout(table="person_record", key=("identity_id", "source", "record_key")),
    )
}
"""The tables of ``hot``, by name."""

ONLINE: dict[str, Layout] = {
    layout.table: layout
    for layout in (
        Layout(table="identity", key=("identity_id",)),
        Layout(table="identity_profile", key=("identity_id",), indexed=("profile_id",)),
        Layout(table="profile", key=("profile_id",)),
    )
}
"""The copies of facts in ``online``, by name, in the order in which they are filled: who is who comes first."""
