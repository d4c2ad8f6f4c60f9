"""What was just done, carried over a redirect in a signed cookie: the next page tells it and offers a way back."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from hashlib import sha256

import msgspec

FLASH_COOKIE = "helder_flash"


class Flash(msgspec.Struct, frozen=True):
    """Something to tell once."""

    text: str
    kind: str = "good"
    undo: str = ""
    """Address that undoes it; empty when it cannot be undone."""
    values: dict[str, str] = {}
    """What that address is sent."""


def signed(flash: Flash, key: bytes) -> str:
    """Return ``flash`` for a cookie."""
    body = urlsafe_b64encode(msgspec.json.encode(flash)).decode()
    return f"{body}.{_mac(body, key)}"


def flashed(cookie: str, key: bytes) -> Flash | None:
    """Return what a cookie tells; None when it tells nothing, or was not signed here."""
    body, _, mac = cookie.partition(".")
    if not body or not hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(body, key).encode()):
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(body), type=Flash)
    except (NotBase64, msgspec.MsgspecError):
        return None


def _mac(body: str, key: bytes) -> str:
    return hmac.new(key, f"flash.{body}".encode("utf-8", "replace"), sha256).hexdigest()[:32]
