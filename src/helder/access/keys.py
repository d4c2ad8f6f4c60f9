"""Keys that programs show: write keys of sources, and API keys with a role. Only their SHA-256 is kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, insert, or_, select, update

from helder.access.allowance import Allowance, Use, allowance_of, said, values_of
from helder.access.limits import Bucket
from helder.clock import stopwatch, stored
from helder.collect.plan.check import Checked, checked
from helder.collect.plan.saved import newest_body
from helder.errors import InvalidInput, NotFound
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.access import api_key
from helder.store.tables.sources import write_key

T = TypeVar("T")
Role: TypeAlias = Literal["viewer", "marketer", "engineer", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "marketer", "engineer", "admin")
"""From least to most: each may do what those before it may."""

TRUSTED_SECONDS = 5.0
"""How long an answer about a key is trusted: a revoked key stops working after at most this long."""
_MOST_REMEMBERED = 10_000
_SHORTEST_DIGEST = 8
_HEXADECIMAL = frozenset("0123456789abcdef")
_BURST_SECONDS = 10
_NO_KEY = "no key in use has this value or digest; `helder key list` shows those there are"


class WriteKey(msgspec.Struct, frozen=True):
    """What a write key allows."""

    source: str
    allowed_origins: tuple[str, ...] = ()
    """Origins of pages that may send; empty means any."""
    use: Use = "any"
    bucket: Bucket | None = None
    """How fast it may send; None means as fast as it can."""
    plan: Checked | None = None
    """The tracking plan of its source, compiled; read with the key, so that an event costs no look into state."""

    @property
    def limited(self) -> bool:
        """Whether it allows less than everything."""
        return bool(self.allowed_origins) or self.use != "any" or self.bucket is not None


class Listed(msgspec.Struct, frozen=True):
    """A key as the list shows it."""

    kind: Literal["write", "api"]
    whose: str
    """The source; or the name and the role."""
    digest: str
    revoked: bool
    allows: str = ""
    """What is special about a write key, in words."""


class ApiKey(msgspec.Struct, frozen=True):
    """Who shows an API key."""

    name: str
    role: Role

    def may(self, role: Role) -> bool:
        """Tell whether its role is ``role`` or a greater one."""
        return ROLES.index(self.role) >= ROLES.index(role)


def digest(key: str) -> str:
    """Return what is kept of a key. Keys are long and random, so a plain hash cannot be searched."""
    return sha256(key.encode()).hexdigest()


class Keys:
    """Looks keys up, and remembers the answers for a few seconds. Safe to share between threads."""

    def __init__(self, state: State, ticker: Callable[[], float] = stopwatch) -> None:
        """Look in ``state``; ``ticker`` gives seconds and only goes forward."""
        self._state, self._ticker = state, ticker
        self._write_keys: dict[str, tuple[float, WriteKey | None]] = {}
        self._buckets: dict[str, Bucket] = {}
        self._api_keys: dict[str, tuple[float, ApiKey | None]] = {}

    def write_key(self, key: str) -> WriteKey | None:
        """Return what the write key ``key`` allows; ``None`` when it is unknown or revoked."""
        name = digest(key)
        held = self._write_keys.get(name)
        if held is None or held[0] < self._ticker():
            held = (self._ticker() + TRUSTED_SECONDS, self._read_write_key(name))
            _remember(self._write_keys, name, held)
        return held[1]

    def api_key(self, key: str) -> ApiKey | None:
        """Return who shows the API key ``key``; ``None`` when it is unknown or revoked."""
        name = digest(key)
        held = self._api_keys.get(name)
        if held is None or held[0] < self._ticker():
            held = (self._ticker() + TRUSTED_SECONDS, self._read_api_key(name))
            _remember(self._api_keys, name, held)
        return held[1]

    def add_write_key(
        self,
        source: str,
        now: datetime,
        key: str | None = None,
        allows: Allowance | None = None,
        actor: str = "command line",
    ) -> str:
        """Make a write key for ``source`` (or keep the one given) and return it: it is shown this once.

        Raises:
            InvalidInput: when the key is another source's, or what it is to allow cannot be.
        """
        made = key or secrets.token_urlsafe(24)
        values = values_of(allows or Allowance())
        with self._state.write() as connection:
            known = connection.execute(select(write_key.c.source).where(write_key.c.digest == digest(made))).scalar()
            if known is not None and known != source:
                raise InvalidInput(f"this write key already belongs to the source {known}")
            if known is None:
                row = {"digest": digest(made), "source": source, "created_at": stored(now), **values}
                connection.execute(insert(write_key).values(row))
                _note(connection, now, actor, "key.add", digest(made), f"write key of {source}")
        self._write_keys.pop(digest(made), None)
        return made

    def change_write_key(self, key: str, allows: Allowance, now: datetime, actor: str = "command line") -> None:
        """Let a write key, given as to ``revoke``, allow something else from now on.

        Raises:
            InvalidInput: when it cannot allow that.
            NotFound: when there is no such write key in use.
        """
        values = values_of(allows)
        with self._state.write() as connection:
            found = connection.scalars(
                update(write_key).where(_named(write_key, key)).values(values).returning(write_key.c.digest)
            ).all()
            for each in found:
                _note(connection, now, actor, "key.change", each, said(allows))
        if not found:
            raise NotFound(_NO_KEY)
        self._write_keys.clear()

    def add_api_key(self, name: str, role: Role, now: datetime, actor: str = "command line") -> str:
        """Make an API key called ``name`` and return it: it is shown this once."""
        made = f"hk_{secrets.token_urlsafe(32)}"
        row = {"digest": digest(made), "name": name, "role": role, "created_at": stored(now)}
        with self._state.write() as connection:
            connection.execute(insert(api_key).values(row))
            _note(connection, now, actor, "key.add", digest(made), f"API key {name} of a {role}")
        return made

    def revoke(self, key: str, now: datetime, actor: str = "command line") -> None:
        """End a write key or an API key, given whole or by the beginning of its digest (8 characters or more).

        Raises:
            NotFound: when there is no such key in use.
        """
        with self._state.write() as connection:
            ended: list[str] = []
            for table in (write_key, api_key):
                end = update(table).where(_named(table, key)).values(revoked_at=stored(now))
                ended += connection.scalars(end.returning(table.c.digest)).all()
            for each in ended:
                _note(connection, now, actor, "key.revoke", each, "")
        if not ended:
            raise NotFound(_NO_KEY)
        self._write_keys.clear()
        self._api_keys.clear()

    def listed(self) -> list[Listed]:
        """Return every key, write keys first, each kind in the order in which they were made."""
        with self._state.read() as connection:
            writing = connection.execute(select(write_key).order_by(write_key.c.created_at)).all()
            reading = connection.execute(select(api_key).order_by(api_key.c.created_at)).all()
        return [
            *(
                Listed("write", each.source, each.digest, each.revoked_at is not None, said(allowance_of(each)))
                for each in writing
            ),
            *(Listed("api", f"{row.name} ({row.role})", row.digest, row.revoked_at is not None) for row in reading),
        ]

    def _read_write_key(self, name: str) -> WriteKey | None:
        with self._state.read() as connection:
            row = connection.execute(
                select(write_key).where(write_key.c.digest == name, write_key.c.revoked_at.is_(None))
            ).first()
            plan = None if row is None else newest_body(connection, row.source)
        if row is None:
            return None
        allows = allowance_of(row)
        return WriteKey(
            row.source, allows.origins, allows.use, self._bucket(name, allows), None if plan is None else checked(*plan)
        )

    def _bucket(self, name: str, allows: Allowance) -> Bucket | None:
        """Return the bucket of a key: the one it had, for as long as its limit stays what it is."""
        rate = allows.events_per_second
        if rate is None:
            return None
        burst = allows.burst or max(1.0, rate * _BURST_SECONDS)
        held = self._buckets.get(name)
        if held is None or (held.rate, held.burst) != (rate, burst):
            held = self._buckets[name] = Bucket(rate, burst, self._ticker)
        return held

    def _read_api_key(self, name: str) -> ApiKey | None:
        with self._state.read() as connection:
            row = connection.execute(
                select(api_key.c.name, api_key.c.role).where(api_key.c.digest == name, api_key.c.revoked_at.is_(None))
            ).first()
        return msgspec.convert({"name": row.name, "role": row.role}, ApiKey) if row else None


def _named(table: Any, key: str) -> Any:
    """Return the condition for keys in use that ``key`` names: by itself, or by the beginning of its digest."""
    whole = digest(key)
    begin = key if len(key) >= _SHORTEST_DIGEST and set(key) <= _HEXADECIMAL else whole
    return or_(table.c.digest == whole, table.c.digest.startswith(begin)) & table.c.revoked_at.is_(None)


def _note(connection: Connection, now: datetime, actor: str, action: str, digested: str, detail: str) -> None:
    audit.append(connection, audit.Entry(now, actor, action, f"key:{digested[:12]}", detail))


def _remember(held: dict[str, tuple[float, T]], name: str, answer: tuple[float, T]) -> None:
    """Keep an answer; someone who tries keys at random must not fill the memory."""
    if len(held) >= _MOST_REMEMBERED:
        held.clear()
    held[name] = answer
