"""Structured logs: one JSON object a line on standard error, for programs that gather them.

Nothing of a person goes in: callers log codes, counts and keys of sources, never values of events.
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One record as one line of JSON: at, level, logger, message, and what the caller added."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback is told as the error's kind only: its text may quote values."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update({key: value for key, value in vars(record).items() if key not in _OWN})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure_logs(level: str) -> None:
    """Send all logs of this process to standard error as JSON lines.

    Args:
        level: least level shown: DEBUG, INFO, WARNING or ERROR.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("alembic", "asyncio", "sqlalchemy", "aiosmtplib", "_granian"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
