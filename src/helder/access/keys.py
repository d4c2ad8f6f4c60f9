"""Keys that programs show: write keys of sources, and API keys with a role. Only their SHA-256 is kept."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Literal, TypeAlias, TypeVar

import msgspec
from sqlalchemy import insert, or_, select, update

from helder.clock import stopwatch, stored
from helder.errors import InvalidInput, NotFound
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


class WriteKey(msgspec.Struct, frozen=True):
    """What a write key allows."""

    source: str
    allowed_origins: tuple[str, ...] = ()
    """Origins of pages that may send; empty means any."""


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

    def add_write_key(self, source: str, now: datetime, key: str | None = None) -> str:
        """Make a write key for ``source`` (or keep the one given) and return it: it is shown this once."""
        made = key or secrets.token_urlsafe(24)
        with self._state.write() as connection:
            known = connection.execute(select(write_key.c.source).where(write_key.c.digest == digest(made))).scalar()
            if known is not None and known != source:
                raise InvalidInput(f"this write key already belongs to the source {known}")
            if known is None:
                connection.execute(insert(write_key).values(digest=digest(made), source=source, created_at=stored(now)))
        self._write_keys.pop(digest(made), None)
        return made

    def add_api_key(self, name: str, role: Role, now: datetime) -> str:
        """Make an API key called ``name`` and return it: it is shown this once."""
        made = f"hk_{secrets.token_urlsafe(32)}"
        row = {"digest": digest(made), "name": name, "role": role, "created_at": stored(now)}
        with self._state.write() as connection:
            connection.execute(insert(api_key).values(row))
        return made

    def revoke(self, key: str, now: datetime) -> None:
        """End a write key or an API key, given whole or by the beginning of its digest (8 characters or more).

        Raises:
            NotFound: when there is no such key in use.
        """
        whole = digest(key)
        begin = key if len(key) >= _SHORTEST_DIGEST and set(key) <= _HEXADECIMAL else whole
        with self._state.write() as connection:
            ended = sum(
                connection.execute(
                    update(table)
                    .where(or_(table.c.digest == whole, table.c.digest.startswith(begin)), table.c.revoked_at.is_(None))
                    .values(revoked_at=stored(now))
                ).rowcount
                for table in (write_key, api_key)
            )
        if not ended:
            raise NotFound("no key in use has this value or digest; `helder key list` shows those there are")
        self._write_keys.clear()
        self._api_keys.clear()

    def listed(self) -> list[tuple[str, str, str, bool]]:
        """Return (kind, source or name and role, digest, revoked) of every key."""
        with self._state.read() as connection:
            writing = connection.execute(select(write_key).order_by(write_key.c.created_at)).all()
            reading = connection.execute(select(api_key).order_by(api_key.c.created_at)).all()
        return [
            *(("write", row.source, row.digest, row.revoked_at is not None) for row in writing),
            *(("api", f"{row.name} ({row.role})", row.digest, row.revoked_at is not None) for row in reading),
        ]

    def _read_write_key(self, name: str) -> WriteKey | None:
        with self._state.read() as connection:
            row = connection.execute(
                select(write_key.c.source, write_key.c.allowed_origins).where(
                    write_key.c.digest == name, write_key.c.revoked_at.is_(None)
                )
            ).first()
        return WriteKey(row.source, msgspec.json.decode(row.allowed_origins, type=tuple[str, ...])) if row else None

    def _read_api_key(self, name: str) -> ApiKey | None:
        with self._state.read() as connection:
            row = connection.execute(
                select(api_key.c.name, api_key.c.role).where(api_key.c.digest == name, api_key.c.revoked_at.is_(None))
            ).first()
        return msgspec.convert({"name": row.name, "role": row.role}, ApiKey) if row else None


def _remember(held: dict[str, tuple[float, T]], name: str, answer: tuple[float, T]) -> None:
    """Keep an answer; someone who tries keys at random must not fill the memory."""
    if len(held) >= _MOST_REMEMBERED:
        held.clear()
    held[name] = answer
