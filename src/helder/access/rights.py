"""What a write key allows of a request: decided before its events are read."""

from __future__ import annotations

from typing import ClassVar

from helder.access.keys import WriteKey
from helder.errors import Denied, HelderError

IMPORTS = frozenset({"/v1/import"})
"""Paths that take history, for which a key of pages is no good."""


class OriginNotAllowed(Denied):
    """The page that sends is not among the origins that the write key is for."""

    code: ClassVar[str] = "origin-not-allowed"


class WrongUse(Denied):
    """The write key is not for this: a page's key cannot import history or send what is for servers."""

    code: ClassVar[str] = "wrong-use"


class TooFast(HelderError):
    """The write key sends more events than it may; Retry-After says when to go on."""

    code: ClassVar[str] = "too-fast"

    def __init__(self, message: str, seconds: int = 1) -> None:
        """Say after how many seconds a request is let in."""
        super().__init__(message)
        self.seconds = seconds


def check_rights(key: WriteKey, path: str, origin: str) -> None:
    """Let a request in, or say why not.

    Args:
        key: of the request.
        path: of the request, without a slash at the end.
        origin: its Origin header; browsers send one with every event.

    Raises:
        OriginNotAllowed: when the key is for other pages.
        WrongUse: when the key is not for this path, or not for pages.
        TooFast: when the key has sent too much.
    """
    if key.allowed_origins and not _allowed(origin, key.allowed_origins):
        raise OriginNotAllowed("this write key is for pages of other origins; see `helder key change --origin`")
    if key.use == "page" and path in IMPORTS:
        raise WrongUse("this write key is for pages; history is imported with a key for servers")
    if key.use == "server" and origin:
        raise WrongUse("this write key is for servers and was shown by a page: end it, and give the page its own")
    if key.bucket is not None and (seconds := key.bucket.wait()):
        raise TooFast(f"this write key may send {key.bucket.rate:g} events a second", seconds)


def _allowed(origin: str, allowed: tuple[str, ...]) -> bool:
    """Tell whether ``origin`` is one of ``allowed``; ``https://*.example.com`` stands for every host below that one."""
    origin = origin.lower()
    return any(origin == each or ("//*." in each and _below(origin, each)) for each in allowed)


def _below(origin: str, pattern: str) -> bool:
    scheme, _, host = pattern.partition("//*")
    return origin.startswith(f"{scheme}//") and origin.endswith(host) and len(origin) > len(scheme) + 2 + len(host)
