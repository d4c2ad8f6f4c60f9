"""Who read personal data: noted for the audit trail in groups, so that reading stays fast."""

from __future__ import annotations

import logging
import threading

from helder.clock import Clock
from helder.govern import audit
from helder.store.state import State

_log = logging.getLogger("helder.access")
EVERY_SECONDS = 0.5
"""Longest time that a note waits in memory; what a crash could lose."""


class Trail:
    """Collects notes and adds them to the audit trail in the background. Safe to share between threads."""

    def __init__(self, state: State, clock: Clock, every: float = EVERY_SECONDS) -> None:
        """Write to ``state`` every ``every`` seconds, when there is something to write."""
        self._state, self._clock, self._every = state, clock, every
        self._waiting: list[audit.Entry] = []
        self._guard = threading.Lock()
        self._closed = threading.Event()
        self._writer: threading.Thread | None = None

    def note(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        """Note that ``actor`` did ``action``; see ``audit.Entry``. Nothing of it may be personal data."""
        entry = audit.Entry(self._clock(), actor, action, subject, detail)
        with self._guard:
            self._waiting.append(entry)
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_for_ever, name="trail", daemon=True)
                self._writer.start()

    def close(self) -> None:
        """Write what waits, and stop."""
        self._closed.set()
        if self._writer is not None:
            self._writer.join()
        self._write()

    def _write_for_ever(self) -> None:
        while not self._closed.wait(self._every):
            try:
                self._write()
            except Exception as error:  # noqa: BLE001 - a state that is locked now is written to a moment later
                _log.error("notes for the audit trail wait", extra={"error": type(error).__name__})

    def _write(self) -> None:
        """Write what waits in one transaction; what cannot be written waits on."""
        with self._guard:
            taken = self._waiting.copy()
            self._waiting.clear()
        if not taken:
            return
        try:
            with self._state.write() as connection:
                audit.append_all(connection, taken)
        except Exception:
            with self._guard:
                self._waiting[:0] = taken
            raise
