"""The tables of state, one file a subject, all on one ``metadata``.

Times are naive UTC datetimes. Structured values are msgspec JSON in ``body`` columns. Whoever needs a table imports it
from its own file: ``from helder.store.tables.outbox import outbox``.
"""

from helder.store.tables import access, consents, definitions, journeys, outbox, sources
from helder.store.tables.base import metadata

__all__ = ["access", "consents", "definitions", "journeys", "metadata", "outbox", "sources"]
