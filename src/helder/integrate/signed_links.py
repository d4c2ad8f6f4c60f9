"""Signed words in landing addresses: ``?hld=<signer>.<id>.<exp>.<mac>`` names who comes in.

``exp`` is in unix seconds; ``mac`` is the first 22 characters of base64url(HMAC-SHA256(secret, "signer.id.exp")),
RFC 2104.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

_MAC = 22


class Signers:
    """Those who may name a visitor: Helder itself, and sources whose mapping file has a ``link_secret``."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        """Trust each signer's secret."""
        self._secrets = dict(secrets)

    def named(self, url: str, at: datetime) -> tuple[str, str] | int | None:
        """Return whom the signed word in ``url`` names.

        Args:
            url: a landing address.
            at: when it was visited (aware UTC); a word that ended before says nothing.

        Returns:
            (identity kind, raw value) of a source's subscriber; the identity id itself when Helder signed; None when
            there is no word, it has ended, or its signature is not right.
        """
        word = next(iter(parse_qs(urlsplit(url).query).get("hld", [])), "")
        parts = word.rsplit(".", 2)
        if len(parts) != 3 or "." not in parts[0] or not word.isascii():
            return None
        signer, _, value = parts[0].partition(".")
        secret = self._secrets.get(signer)
        if secret is None or not _right(secret, f"{parts[0]}.{parts[1]}", parts[2]) or _ended(parts[1], at):
            return None
        return _number(value) if signer == "helder" else (f"subscriber:{signer}", value)


def _right(secret: bytes, said: str, mac: str) -> bool:
    raw = hmac.digest(secret, said.encode(), "sha256")
    return hmac.compare_digest(base64.urlsafe_b64encode(raw).decode()[:_MAC], mac)


def _ended(exp: str, at: datetime) -> bool:
    return not exp.isdigit() or int(exp) < at.timestamp()


def _number(text: str) -> int | None:
    try:
        return int(text, 36)
    except ValueError:
        return None
