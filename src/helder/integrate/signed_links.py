"""Signed words in landing addresses: ``?hld=<signer>.<who>.<exp>.<mac>`` says who comes in.

``exp`` is in unix seconds; ``mac`` is the first 22 characters of base64url(HMAC-SHA256(secret, "signer.who.exp")),
RFC 2104. Of a source's own mails ``who`` is the subscriber's number there. Of Helder's own words it is
``<hidden>-<message>`` after a click in a mail, ``<hidden>_<nonce>`` from one site of the company to another: the
identity's id under a pad that only this installation can make and that is another one in every word, so that whoever
sees two words cannot tell whether they are about one person.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from urllib.parse import parse_qs, urlsplit

import msgspec

HELDER = "helder"
"""The signer of Helder's own words; no source has this name."""
_MAC = 22
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MASK = (1 << 63) - 1


class Named(msgspec.Struct, frozen=True):
    """Whom a word names."""

    reason: str
    """``signed_link`` from a mail, ``cross_site`` from another site of the company."""
    identity: int | None = None
    """The identity itself, when Helder signed."""
    kind: str = ""
    value: str = ""
    """Kind and raw value of a source's subscriber, when a source signed."""
    once: str = ""
    """What the word belongs to (the message, the crossing): only the first browser that shows one such word is named
    by it. Empty: a source's word, which holds until it ends."""


class Signers:
    """Those who may name a visitor: Helder itself, and sources whose mapping file has a ``link_secret``."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        """Trust each signer's secret."""
        self._secrets = dict(secrets)

    def named(self, url: str, at: datetime) -> tuple[str, str] | int | None:
        """Return whom the signed word in ``url`` names; the arguments are those of ``read``.

        Returns:
            (identity kind, raw value) of a source's subscriber; the identity id itself when Helder signed; None when
            there is no word, it has ended, or its signature is not right.
        """
        found = self.read(url, at)
        if found is None or found.identity is not None:
            return None if found is None else found.identity
        return found.kind, found.value

    def read(self, url: str, at: datetime) -> Named | None:
        """Return what the signed word in ``url`` says; None when it says nothing.

        Args:
            url: a landing address.
            at: when it was visited (aware UTC); a word that ended before says nothing.
        """
        word = next(iter(parse_qs(urlsplit(url).query).get("hld", [])), "")
        parts = word.rsplit(".", 2)
        if len(parts) != 3 or "." not in parts[0] or not word.isascii():
            return None
        signer, _, who = parts[0].partition(".")
        secret = self._secrets.get(signer)
        if secret is None or not _right(secret, f"{parts[0]}.{parts[1]}", parts[2]) or _ended(parts[1], at):
            return None
        if signer == HELDER:
            return _own(who, parts[1], secret)
        return Named("signed_link", kind=f"subscriber:{signer}", value=who)


def signed_word(identity_id: int, number: int, until: datetime, key: bytes, *, mail: bool) -> str:
    """Return a word of Helder's own about an identity.

    Args:
        identity_id: who comes.
        number: of the message, or a random one for a crossing.
        until: when it ends (aware UTC).
        key: the installation's secret.
        mail: after a click in a mail; else from site to site.
    """
    about, end = f"{'-' if mail else '_'}{base36(number)}", int(until.timestamp())
    said = f"{HELDER}.{base36(identity_id ^ _pad(key, about, str(end)))}{about}.{end}"
    return f"{said}.{signature(key, said)}"


def signature(key: bytes, text: str) -> str:
    """Return the first 22 characters of the base64url HMAC-SHA256 of ``text``."""
    raw = hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(raw).decode()[:_MAC]


def base36(number: int) -> str:
    """Return a number of zero or more in base 36, as ``int(text, 36)`` reads it."""
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits or "0"


def _own(who: str, end: str, key: bytes) -> Named | None:
    """Return whom a word of Helder's names; its signature was right."""
    sign = "-" if "-" in who else "_"
    hidden, _, number = who.partition(sign)
    try:
        identity = int(hidden, 36) ^ _pad(key, f"{sign}{number}", end)
    except ValueError:
        return None
    return Named("signed_link" if sign == "-" else "cross_site", identity=identity, once=f"{sign}{number}")


def _pad(key: bytes, about: str, end: str) -> int:
    """Return 63 bits that only this installation knows: BLAKE2b with a key and a use of its own (RFC 7693)."""
    raw = blake2b(f"{about}.{end}".encode(), digest_size=8, key=key, person=b"helder-word").digest()
    return int.from_bytes(raw, "big") & _MASK


def _right(secret: bytes, said: str, mac: str) -> bool:
    return hmac.compare_digest(signature(secret, said), mac)


def _ended(exp: str, at: datetime) -> bool:
    return not exp.isdigit() or int(exp) < at.timestamp()
