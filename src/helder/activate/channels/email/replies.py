"""What a server's reply means. Pure. RFC 5321 (codes), RFC 3463 (enhanced codes)."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import msgspec

Stage: TypeAlias = Literal["mail", "rcpt", "data"]

_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})


class Reply(msgspec.Struct, frozen=True):
    """What a server's refusal comes to."""

    status: Literal["again", "failed"]
    reason: str
    """The codes alone: the words of a server may hold the address."""
    bounce: bool = False
    """The mailbox is not there: it is never written to again."""


def judge(stage: Stage, code: int, text: str) -> Reply:
    """Return what a reply that is no success means.

    A refusal of the sender is about us and not about the recipient: the message stays queued while somebody mends it.

    Args:
        stage: the command that it answers.
        code: three digits.
        text: what the server said.
    """
    found = _ENHANCED.search(text)
    reason = f"smtp {code}{' ' + found[0] if found else ''}"
    if 400 <= code < 500 or stage == "mail":
        return Reply("again", reason)
    if found and found[1] == "5":
        return Reply("failed", reason, bounce=stage == "rcpt" and found[2] == "1")
    return Reply("failed", reason, bounce=stage == "rcpt" and code in _NO_SUCH_MAILBOX)
