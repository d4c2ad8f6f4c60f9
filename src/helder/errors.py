"""The tree of errors.

Every error that may reach a user is a ``HelderError`` with a stable ``code`` (kebab-case, documented in
``docs/reference/errors.md``). Its message says what is wrong, where, and how to mend it. Expected outcomes
(a rejected event, a skipped mail) are values, not errors.
"""

from __future__ import annotations

from typing import ClassVar


class HelderError(Exception):
    """Root of all errors that Helder raises on purpose."""

    code: ClassVar[str] = "helder"


class SettingsError(HelderError):
    """A setting is missing or cannot be understood."""

    code: ClassVar[str] = "bad-setting"


class InvalidInput(HelderError):
    """Something given by a person or a program cannot be accepted; the message says how to mend it."""

    code: ClassVar[str] = "invalid-input"


class NotFound(HelderError):
    """What was asked for does not exist (any more)."""

    code: ClassVar[str] = "not-found"


class Unavailable(HelderError):
    """An answer cannot be given now; a wrong one is never given instead. The message says because of what."""

    code: ClassVar[str] = "unavailable"


class Conflict(HelderError):
    """What was asked contradicts what is already so (an existing name, a version that moved on)."""

    code: ClassVar[str] = "conflict"


class Denied(HelderError):
    """The caller may not do this."""

    code: ClassVar[str] = "denied"


class DataFolderInUse(HelderError):
    """Another server already works in this data folder."""

    code: ClassVar[str] = "data-folder-in-use"


class Cancelled(HelderError):
    """Long work was cancelled by the person who asked for it."""

    code: ClassVar[str] = "cancelled"


def place(error: BaseException) -> str:
    """Return module and line where ``error`` was raised: what a log may tell, since messages may quote values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}" if trace is not None else "?"
