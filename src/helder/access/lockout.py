"""Locking out those who guess passwords: by the address that they try, and by where they come from."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import ClassVar

from sqlalchemy import delete, func, insert, select

from helder.clock import stored
from helder.errors import HelderError
from helder.store.state import State
from helder.store.tables.access import failed_attempt

WITHIN = timedelta(minutes=15)
"""Failed attempts count for this long."""
MOST_OF_ONE, MOST_FROM_ONE = 5, 50
"""Failed attempts for one person, and from one address (an office shares one), before the door is shut."""


class TooManyAttempts(HelderError):
    """Too many attempts to sign in failed; the next one is looked at after a quarter of an hour."""

    code: ClassVar[str] = "too-many-attempts"


class Lockout:
    """Counts attempts that failed. Who was tried is kept as a keyed hash, so that the table names nobody."""

    def __init__(self, state: State, key: bytes) -> None:
        """Count in ``state``; ``key`` is the installation's secret."""
        self._state, self._key = state, key

    def check(self, email: str, address: str, now: datetime) -> None:
        """Make sure that another attempt may be made.

        Args:
            email: whom it is for.
            address: where it comes from; empty when that says nothing, such as behind a proxy.
            now: aware UTC.

        Raises:
            TooManyAttempts: when it may not.
        """
        since = stored(now - WITHIN)
        with self._state.read() as connection:
            for tried, most in ((email, MOST_OF_ONE), (address, MOST_FROM_ONE)):
                counted = failed_attempt.c.subject == self._subject(tried)
                recent = select(func.count()).where(counted, failed_attempt.c.at > since)
                if tried and (connection.scalar(recent) or 0) >= most:
                    raise TooManyAttempts("too many attempts failed; try again in a quarter of an hour")

    def note(self, email: str, address: str, now: datetime) -> None:
        """Count an attempt that failed, and drop those that no longer count."""
        rows = [{"subject": self._subject(each), "at": stored(now)} for each in (email, address)]
        with self._state.write() as connection:
            connection.execute(delete(failed_attempt).where(failed_attempt.c.at <= stored(now - WITHIN)))
            connection.execute(insert(failed_attempt), rows)

    def forget(self, email: str) -> None:
        """Begin anew for who came in after all."""
        with self._state.write() as connection:
            connection.execute(delete(failed_attempt).where(failed_attempt.c.subject == self._subject(email)))

    def _subject(self, text: str) -> str:
        return hmac.new(self._key, f"attempt.{text}".encode("utf-8", "replace"), sha256).hexdigest()[:32]
