"""People who use Helder: made, found, changed; each change stands in the audit trail with who made it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from helder.access.keys import ROLES, Role
from helder.access.passwords import hashed
from helder.clock import stored
from helder.errors import Conflict, InvalidInput, NotFound
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.access import session, user

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
_LONGEST_NAME = 200


class User(msgspec.Struct, frozen=True):
    """Somebody who may come in."""

    id: int
    email: str
    name: str
    role: Role
    language: str = ""
    theme: str = ""
    disabled: bool = False

    @property
    def actor(self) -> str:
        """How the audit trail names them: by number, so that it holds no personal data."""
        return f"user:{self.id}"


class Users:
    """All people who use this installation."""

    def __init__(self, state: State) -> None:
        """Keep them in ``state``."""
        self._state = state

    def any(self) -> bool:
        """Tell whether there is anybody yet."""
        with self._state.read() as connection:
            return connection.execute(select(user.c.id).limit(1)).first() is not None

    def all(self) -> list[User]:
        """Return everybody, by name."""
        with self._state.read() as connection:
            rows = connection.execute(select(user).order_by(func.lower(user.c.name), user.c.id)).all()
        return [made(row) for row in rows]

    def get(self, number: int) -> User:
        """Return one person.

        Raises:
            NotFound: when there is none with this number.
        """
        with self._state.read() as connection:
            row = connection.execute(select(user).where(user.c.id == number)).first()
        if row is None:
            raise NotFound("there is nobody with this number")
        return made(row)

    def by_email(self, email: str) -> User | None:
        """Return who has this address, however it is capitalised."""
        with self._state.read() as connection:
            row = connection.execute(select(user).where(user.c.email == plain(email))).first()
        return made(row) if row else None

    def add(self, email: str, name: str, role: Role, password: str, now: datetime, by: str) -> User:
        """Make a person.

        Raises:
            InvalidInput: when the address, the name or the password cannot be used.
            Conflict: when the address is taken.
        """
        kept = hashed(password)
        with self._state.write() as connection:
            return insert_user(connection, (email, name, role), kept, now, by)

    def change_role(self, number: int, role: Role, now: datetime, by: str) -> Role:
        """Give somebody another role; return the one they had.

        Raises:
            Conflict: when nobody would be left who may give roles.
        """
        with self._state.write() as connection:
            before = _row(connection, number)
            if before.role == "admin" and role != "admin":
                _keep_an_admin(connection, number)
            connection.execute(update(user).where(user.c.id == number).values(role=role))
            told = f"{before.role} → {role}"
            audit.append(connection, audit.Entry(now, by, "user.role", f"user:{number}", told))
        return msgspec.convert(before.role, Role)

    def disable(self, number: int, now: datetime, by: str) -> None:
        """Let somebody in no more, and end their sessions at once.

        Raises:
            Conflict: when nobody would be left who may give roles.
        """
        with self._state.write() as connection:
            if _row(connection, number).role == "admin":
                _keep_an_admin(connection, number)
            connection.execute(update(user).where(user.c.id == number).values(disabled_at=stored(now)))
            connection.execute(delete(session).where(session.c.user_id == number))
            audit.append(connection, audit.Entry(now, by, "user.disabled", f"user:{number}"))

    def enable(self, number: int, now: datetime, by: str) -> None:
        """Let somebody in again."""
        with self._state.write() as connection:
            _row(connection, number)
            connection.execute(update(user).where(user.c.id == number).values(disabled_at=None))
            audit.append(connection, audit.Entry(now, by, "user.enabled", f"user:{number}"))

    def prefer(self, number: int, *, language: str | None = None, theme: str | None = None) -> None:
        """Keep what somebody likes the pages to look like."""
        wanted = {"language": language, "theme": theme}
        values = {name: value for name, value in wanted.items() if value is not None}
        with self._state.write() as connection:
            connection.execute(update(user).where(user.c.id == number).values(values))

    def rename(self, number: int, name: str, now: datetime, by: str) -> None:
        """Change what somebody is called.

        Raises:
            InvalidInput: when the name is empty or too long.
        """
        with self._state.write() as connection:
            connection.execute(update(user).where(user.c.id == number).values(name=_named(name)))
            audit.append(connection, audit.Entry(now, by, "user.renamed", f"user:{number}"))


def insert_user(connection: Connection, who: tuple[str, str, Role], kept: str, now: datetime, by: str) -> User:
    """Add a person (address, name, role) with a kept password within a transaction; raises as ``Users.add``."""
    email, name, role = plain(who[0]), _named(who[1]), who[2]
    if not _EMAIL.fullmatch(email):
        raise InvalidInput("this is no e-mail address")
    if role not in ROLES:
        raise InvalidInput(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    if connection.execute(select(user.c.id).where(user.c.email == email)).first() is not None:
        raise Conflict("somebody with this e-mail address is here already")
    row = {"email": email, "name": name, "role": role, "password": kept, "created_at": stored(now)}
    number = connection.execute(insert(user).values(row).returning(user.c.id)).scalar_one()
    audit.append(connection, audit.Entry(now, by or f"user:{number}", "user.added", f"user:{number}", role))
    return User(number, email, name, role)


def made(row: Row[*tuple[Any, ...]]) -> User:
    """Return a row of ``user`` as a Struct."""
    disabled = row.disabled_at is not None
    role = msgspec.convert(row.role, Role)
    return User(row.id, row.email, row.name, role, row.language, row.theme, disabled)


def plain(email: str) -> str:
    """Return an address as it is compared: nobody remembers how they once capitalised it."""
    return email.strip().lower()


def _named(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > _LONGEST_NAME:
        raise InvalidInput(f"a name has 1 to {_LONGEST_NAME} characters")
    return clean


def _row(connection: Connection, number: int) -> Row[*tuple[Any, ...]]:
    row = connection.execute(select(user).where(user.c.id == number)).first()
    if row is None:
        raise NotFound("there is nobody with this number")
    return row


def _keep_an_admin(connection: Connection, number: int) -> None:
    """Refuse to lose the last administrator: nobody could let anybody in any more."""
    others = select(user.c.id).where(user.c.role == "admin", user.c.id != number, user.c.disabled_at.is_(None))
    if connection.execute(others.limit(1)).first() is None:
        raise Conflict("this is the only administrator; make somebody else one first")
