"""Invitations: a link that works once lets somebody make their account, or set a new password.

The first administrator comes in the same way: ``helder serve`` prints such a link while there is nobody yet.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from sqlalchemy import Connection, Row, delete, insert, select, update

from helder.access.keys import Role, digest
from helder.access.passwords import hashed
from helder.access.users import User, insert_user, made, plain
from helder.clock import aware, stored
from helder.errors import Conflict, NotFound
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.access import invitation, session, user

Kind: TypeAlias = Literal["first", "invited", "reset"]
LASTS: dict[Kind, timedelta] = {
    "first": timedelta(hours=24),
    "invited": timedelta(days=7),
    "reset": timedelta(hours=24),
}
"""How long a link works."""


class Invitation(msgspec.Struct, frozen=True):
    """A link that waits to be used."""

    digest: str
    kind: Kind
    email: str
    role: Role
    expires_at: datetime
    """Aware UTC."""


class Invitations:
    """All invitations of this installation."""

    def __init__(self, state: State) -> None:
        """Keep them in ``state``."""
        self._state = state

    def first(self, now: datetime) -> str | None:
        """Return the token of a new link for the first administrator, older ones end; None when there is somebody."""
        token = secrets.token_urlsafe(24)
        with self._state.write() as connection:
            if connection.execute(select(user.c.id).limit(1)).first() is not None:
                return None
            connection.execute(delete(invitation).where(invitation.c.kind == "first"))
            _insert(connection, token, ("first", "", "admin"), "command line", now)
        return token

    def invite(self, email: str, role: Role, now: datetime, by: str) -> str:
        """Return the token of a link for somebody new; an earlier one for the same address ends.

        Raises:
            Conflict: when they are here already.
        """
        token = secrets.token_urlsafe(24)
        with self._state.write() as connection:
            if connection.execute(select(user.c.id).where(user.c.email == plain(email))).first() is not None:
                raise Conflict("somebody with this e-mail address is here already")
            _drop(connection, plain(email))
            _insert(connection, token, ("invited", plain(email), role), by, now)
            audit.append(connection, audit.Entry(now, by, "user.invited", "user:*", role))
        return token

    def reset(self, number: int, now: datetime, by: str) -> str:
        """Return the token of a link by which a person sets a new password.

        Raises:
            NotFound: when there is nobody with this number.
        """
        token = secrets.token_urlsafe(24)
        with self._state.write() as connection:
            row = connection.execute(select(user).where(user.c.id == number)).first()
            if row is None:
                raise NotFound("there is nobody with this number")
            _drop(connection, row.email)
            _insert(connection, token, ("reset", row.email, msgspec.convert(row.role, Role)), by, now)
            audit.append(connection, audit.Entry(now, by, "user.reset", f"user:{number}"))
        return token

    def waiting(self, now: datetime) -> list[Invitation]:
        """Return the invitations that can still be used, newest first."""
        with self._state.read() as connection:
            rows = connection.execute(_usable(now).order_by(invitation.c.created_at.desc())).all()
        return [_made(row) for row in rows if row.kind != "first"]

    def withdraw(self, name: str, now: datetime, by: str) -> None:
        """End the invitation with digest ``name``."""
        with self._state.write() as connection:
            gone = connection.execute(
                delete(invitation).where(invitation.c.digest == name, invitation.c.used_at.is_(None))
            )
            if gone.rowcount:
                audit.append(connection, audit.Entry(now, by, "user.invitation_withdrawn", "user:*"))

    def look(self, token: str, now: datetime) -> Invitation:
        """Return what ``token`` is good for.

        Raises:
            NotFound: when it was used, ended or never was.
        """
        with self._state.read() as connection:
            return _found(connection, token, now)

    def accept(self, token: str, name: str, password: str, now: datetime, email: str = "") -> User:
        """Use a link: make the person, or set the new password (and end all their sessions).

        Args:
            token: from the link.
            name: what they want to be called; not needed for a new password.
            password: the new one.
            now: aware UTC.
            email: of the first administrator; others were invited by theirs.

        Raises:
            NotFound: when the link was used, ended or never was.
            InvalidInput: when the name, the address or the password cannot be used; the link still works.
        """
        kept = hashed(password)
        with self._state.write() as connection:
            found = _found(connection, token, now)
            if found.kind == "first" and connection.execute(select(user.c.id).limit(1)).first() is not None:
                raise Conflict("there is an administrator already; ask them for an invitation")
            if found.kind == "reset":
                who = _reset(connection, found.email, kept, now)
            else:
                who = insert_user(connection, (found.email or email, name, found.role), kept, now, "")
            used = update(invitation).where(invitation.c.digest == found.digest)
            connection.execute(used.values(used_at=stored(now)))
        return who


def _insert(connection: Connection, token: str, what: tuple[Kind, str, Role], by: str, now: datetime) -> None:
    kind, email, role = what
    at = stored(now)
    row = {"digest": digest(token), "kind": kind, "email": email, "role": role, "made_by": by}
    connection.execute(insert(invitation).values(row | {"created_at": at, "expires_at": at + LASTS[kind]}))


def _drop(connection: Connection, email: str) -> None:
    connection.execute(delete(invitation).where(invitation.c.email == email, invitation.c.used_at.is_(None)))


def _usable(now: datetime) -> Any:
    return select(invitation).where(invitation.c.used_at.is_(None), invitation.c.expires_at > stored(now))


def _found(connection: Connection, token: str, now: datetime) -> Invitation:
    row = connection.execute(_usable(now).where(invitation.c.digest == digest(token))).first()
    if row is None:
        raise NotFound("this link was used already, or is too old; ask for a new one")
    return _made(row)


def _made(row: Row[*tuple[Any, ...]]) -> Invitation:
    values = {"digest": row.digest, "kind": row.kind, "email": row.email, "role": row.role}
    return msgspec.convert(values | {"expires_at": aware(row.expires_at)}, Invitation)


def _reset(connection: Connection, email: str, kept: str, now: datetime) -> User:
    row = connection.execute(select(user).where(user.c.email == email)).first()
    if row is None:
        raise NotFound("this person is here no more")
    connection.execute(update(user).where(user.c.id == row.id).values(password=kept))
    connection.execute(delete(session).where(session.c.user_id == row.id))
    audit.append(connection, audit.Entry(now, f"user:{row.id}", "user.password", f"user:{row.id}"))
    return made(row)
