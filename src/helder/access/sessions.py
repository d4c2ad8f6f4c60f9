"""Sessions: who is in, by a random token in a cookie; only its SHA-256 is kept."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, insert, select, update

from helder.access.keys import digest
from helder.access.lockout import Lockout
from helder.access.passwords import hashed, outdated, verified
from helder.access.users import User, made, plain
from helder.clock import aware, stored
from helder.errors import Denied, InvalidInput
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.access import session, user

IDLE = timedelta(days=7)
"""A session that is not used for this long ends."""
LASTS = timedelta(days=30)
"""Longest life of a session, however much it is used."""
_NOTED_EVERY = timedelta(minutes=5)
"""How fine the moment of the last use is kept: a page does not cost a write."""


class Sessions:
    """All sessions of this installation."""

    def __init__(self, state: State, key: bytes) -> None:
        """Keep them in ``state``; ``key`` is the installation's secret."""
        self._state, self._key = state, key
        self._lockout = Lockout(state, key)

    def sign_in(self, email: str, password: str, address: str, now: datetime) -> str:
        """Return the token of a new session for whoever has this address and password.

        Args:
            email: as typed.
            password: as typed.
            address: where the caller comes from, for locking out those who guess.
            now: aware UTC.

        Raises:
            Denied: when they do not fit; which of them is wrong is not told.
            TooManyAttempts: when there were too many that did not fit; see ``Lockout``.
        """
        self._lockout.check(plain(email), address, now)
        with self._state.read() as connection:
            row = connection.execute(select(user).where(user.c.email == plain(email))).first()
        if not verified(password, row.password if row else "") or row is None or row.disabled_at is not None:
            self._lockout.note(plain(email), address, now)
            raise Denied("the e-mail address or the password is not right")
        self._lockout.forget(plain(email))
        if outdated(row.password):
            self._keep(row.id, hashed(password))
        return self.begin(row.id, now)

    def begin(self, number: int, now: datetime) -> str:
        """Return the token of a new session of the person ``number``: it is given this once."""
        token = secrets.token_urlsafe(32)
        at = stored(now)
        row = {"digest": digest(token), "user_id": number, "created_at": at, "seen_at": at}
        with self._state.write() as connection:
            connection.execute(delete(session).where(session.c.expires_at <= at))
            connection.execute(insert(session).values(row | {"expires_at": at + IDLE}))
            audit.append(connection, audit.Entry(now, f"user:{number}", "user.signed_in", f"user:{number}"))
        return token

    def who(self, token: str, now: datetime) -> User | None:
        """Return whose session ``token`` is; None when it ended or they may not come in any more."""
        if not token:
            return None
        joined = select(user, session.c.seen_at, session.c.created_at.label("begun")).join_from(session, user)
        alive = (session.c.digest == digest(token), session.c.expires_at > stored(now), user.c.disabled_at.is_(None))
        with self._state.read() as connection:
            row = connection.execute(joined.where(*alive)).first()
        if row is None:
            return None
        if now - aware(row.seen_at) > _NOTED_EVERY:
            self._note(token, aware(row.begun), now)
        return made(row)

    def end(self, token: str) -> None:
        """End one session."""
        with self._state.write() as connection:
            connection.execute(delete(session).where(session.c.digest == digest(token)))

    def end_all(self, number: int, now: datetime, but: str = "") -> int:
        """End all sessions of a person, except (when given) the one of token ``but``; return how many ended."""
        with self._state.write() as connection:
            others = delete(session).where(session.c.user_id == number, session.c.digest != digest(but))
            ended = connection.execute(others).rowcount
            told = audit.Entry(now, f"user:{number}", "user.signed_out_everywhere", f"user:{number}", str(ended))
            audit.append(connection, told)
        return ended

    def count(self, number: int, now: datetime) -> int:
        """Return how many sessions of a person are alive."""
        alive = select(session.c.digest).where(session.c.user_id == number, session.c.expires_at > stored(now))
        with self._state.read() as connection:
            return len(connection.execute(alive).all())

    def change_password(self, number: int, old: str, new: str, now: datetime, but: str) -> None:
        """Give somebody a new password, and end all their sessions except the one of token ``but``.

        Raises:
            InvalidInput: when ``old`` is not right, or ``new`` cannot be used.
        """
        with self._state.read() as connection:
            kept = connection.scalar(select(user.c.password).where(user.c.id == number)) or ""
        if not verified(old, kept):
            raise InvalidInput("the present password is not right")
        self._keep(number, hashed(new))
        with self._state.write() as connection:
            audit.append(connection, audit.Entry(now, f"user:{number}", "user.password", f"user:{number}"))
        self.end_all(number, now, but)

    def csrf(self, token: str) -> str:
        """Return what a form of this session must carry: nobody else's page can know it (OWASP, HMAC-based token)."""
        mac = hmac.new(self._key, f"csrf.{digest(token)}".encode(), sha256).digest()
        return urlsafe_b64encode(mac).decode().rstrip("=")

    def _keep(self, number: int, kept: str) -> None:
        with self._state.write() as connection:
            connection.execute(update(user).where(user.c.id == number).values(password=kept))

    def _note(self, token: str, begun: datetime, now: datetime) -> None:
        """Note that a session was used, which lets it live on."""
        until = stored(min(now + IDLE, begun + LASTS))
        with self._state.write() as connection:
            mine = update(session).where(session.c.digest == digest(token))
            connection.execute(mine.values(seen_at=stored(now), expires_at=until))
