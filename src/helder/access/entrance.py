"""Entrances: signed, expiring codes that let a person who started Helder look at its pages.

A code is ``<expiry>.<mac>`` in an address that is printed once on the operator's own screen; the page answers with a
cookie that holds a code of its own and the address is left behind. Nothing in it says who somebody is. HMAC: RFC 2104.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from hashlib import sha256

LASTS = timedelta(hours=12)
"""How long a code and the cookie that it is exchanged for are good."""


def entrance(key: bytes, now: datetime, use: str = "entry") -> str:
    """Return a code that is good for twelve hours.

    Args:
        key: the installation's secret.
        now: aware UTC.
        use: ``entry`` for the printed address, ``session`` for the cookie; one never passes for the other.
    """
    expires = int((now + LASTS).timestamp())
    return f"{expires}.{_mac(key, use, expires)}"


def admits(code: str, key: bytes, now: datetime, use: str = "entry") -> bool:
    """Tell whether ``code`` was signed with ``key`` for ``use`` and has not expired."""
    expires, _, mac = code.partition(".")
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        return False
    genuine = hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(key, use, int(expires)).encode())
    return genuine and int(expires) > now.timestamp()


def _mac(key: bytes, use: str, expires: int) -> str:
    digest = hmac.new(key, f"entrance.{use}.{expires}".encode(), sha256).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")
