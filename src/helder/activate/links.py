"""Signed links in mails: click, open, unsubscribe, preferences. Pure.

A token holds the number of the message and when the link ends, and a signature over both, over what the link is for and
over where it leads; nothing of the person. Nobody without the key can make one, so a redirect only ever leads where a
mail of ours led. HMAC-SHA256 (RFC 2104), cut to 132 bits.
"""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from helder.integrate.signed_links import base36, signature, signed_word

__all__ = ["Links", "Read", "base36", "signed_identity"]

_LASTING = {"c": timedelta(days=400), "o": timedelta(days=400), "u": timedelta(days=3650), "p": timedelta(days=3650)}
_LANDING = timedelta(hours=1)


class Read(msgspec.Struct, frozen=True):
    """What a valid token says."""

    message: int
    """Id in the outbox."""
    expired: bool


class Links:
    """Makes and reads the links of one installation."""

    def __init__(self, key: bytes, address: str) -> None:
        """Sign with ``key``; links start with ``address`` (without a slash at the end)."""
        self._key = key
        self.address = address

    def click(self, message: int, target: str, now: datetime) -> str:
        """Return the link that tells of a click and goes on to ``target``."""
        return f"{self.address}/t/c/{self._token('c', message, now, target)}?to={quote(target, safe='')}"

    def open(self, message: int, now: datetime) -> str:
        """Return the address of the picture that tells of opening."""
        return f"{self.address}/t/o/{self._token('o', message, now)}"

    def unsubscribe(self, message: int, now: datetime) -> str:
        """Return the link to unsubscribe."""
        return f"{self.address}/t/u/{self._token('u', message, now)}"

    def preferences(self, message: int, now: datetime) -> str:
        """Return the link to one's choices."""
        return f"{self.address}/t/p/{self._token('p', message, now)}"

    def is_own(self, url: str) -> bool:
        """Tell whether a link is one of these, which are not counted as clicks."""
        return url.startswith(f"{self.address}/t/")

    def read(self, kind: str, token: str, now: datetime, target: str = "") -> Read | None:
        """Return what ``token`` says; None when it was not made here for this.

        Args:
            kind: c, o, u or p.
            token: the last part of the path.
            now: aware UTC.
            target: for a click, where it claims to lead.
        """
        parts = token.split(".")
        if len(parts) != 3 or not all(parts) or not token.isascii():
            return None
        number, end, mac = parts
        if not hmac.compare_digest(mac, self._mac(kind, number, end, target)):
            return None
        return Read(int(number, 36), int(end, 36) < now.timestamp())

    def landing(self, target: str, identity_id: int, now: datetime, message: int = 0) -> str:
        """Return ``target`` with a signed word about who comes, by which the company's own site knows its visitor.

        Args:
            target: a web address on a site of the company.
            identity_id: who was mailed.
            now: aware UTC; the word holds for an hour, so that a link passed on says nothing about another.
            message: id in the outbox; only the first browser that comes by this mail is taken for its reader.
        """
        word = signed_word(identity_id, message, now + _LANDING, self._key, mail=True)
        url = urlsplit(target)
        query = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name != "hld"]
        return urlunsplit(url._replace(query=urlencode([*query, ("hld", word)])))

    def crossing(self, identity_id: int, nonce: int, now: datetime) -> str:
        """Return the signed word by which another site of the company knows the browser that comes over.

        Args:
            identity_id: the browser's, on the site that it leaves.
            nonce: random; only the first browser that shows this word is taken for the one that left.
            now: aware UTC; the word holds for an hour.
        """
        return signed_word(identity_id, nonce, now + _LANDING, self._key, mail=False)

    def _token(self, kind: str, message: int, now: datetime, target: str = "") -> str:
        number, end = base36(message), base36(int((now + _LASTING[kind]).timestamp()))
        return f"{number}.{end}.{self._mac(kind, number, end, target)}"

    def _mac(self, kind: str, number: str, end: str, target: str) -> str:
        return signature(self._key, f"track\0{kind}\0{number}\0{end}\0{target}")


def signed_identity(identity_id: int, until: datetime, key: bytes) -> str:
    """Return the signed word about an identity for the mail numbered 0, until ``until`` (aware UTC)."""
    return signed_word(identity_id, 0, until, key, mail=True)
