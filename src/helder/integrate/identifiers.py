"""Identities: one external key each, in one normal form, with an id that is the same after a rebuild."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from helder.integrate.phones import normalise_phone
from helder.store.keys import identity_id

ANCHORS = ("customer:", "subscriber:", "user:")
"""Kinds that name one account of one person in one source: two of one source are two people unless proven one."""
SHAREABLE = ("email", "phone", "device", "anonymous:")
"""Kinds that several people may share: a family's address, an office's number, a computer at home."""

_EMAIL = re.compile(r"[^\s@<>\",;:()\[\]\\]+@(?:[\w-]+\.)+[a-z][\w-]+", re.ASCII)
_NOTHING = frozenset(
    {"", "-", "0", "n/a", "na", "nvt", "n.v.t.", "none", "null", "undefined", "onbekend", "unknown", "nan"}
)
_NOBODY = frozenset({"geen", "noreply", "no-reply", "none", "nvt", "onbekend", "test", "unknown", "x", "xx", "xxx"})


class Identity(msgspec.Struct, frozen=True, gc=False):
    """One external key of somebody."""

    kind: str
    value: str
    """After the normaliser of its kind."""
    id: int
    """Keyed 63-bit hash of kind and value."""


class Link(msgspec.Struct, frozen=True, gc=False):
    """A reason to think that two identities are one person."""

    a: int
    b: int
    """The greater id: ``a < b`` always."""
    reason: str
    """same_record | login | signed_link | cross_site | device | decision"""
    strength: int
    """100 a person's decision, 90 same record, 80 log-in, 70 signed link, 50 shared device."""
    source: str
    record_key: str = ""


class Identifiers:
    """Makes identities with one installation's key, remembering those made before."""

    def __init__(self, key: bytes, region: str = "NL") -> None:
        """Use the installation's ``key``; phone numbers without a country belong to ``region``."""
        self._region = region
        self.identity = lru_cache(maxsize=262_144)(self._identity)
        self._key = key

    def _identity(self, kind: str, raw: str) -> Identity | None:
        """Return the identity (``kind``, ``raw``); None when the raw value says nothing."""
        value = normalise(kind, raw, self._region)
        return None if value is None else Identity(kind, value, identity_id(kind, value, self._key))


def normalise(kind: str, raw: str | None, region: str = "NL") -> str | None:
    """Return ``raw`` in the one form of its kind; None when it is no usable value.

    Args:
        kind: such as ``email``, ``phone`` or ``customer:erp``.
        raw: as the source gives it.
        region: country of phone numbers that do not say theirs (ISO 3166).
    """
    if raw is None:
        return None
    text = raw.strip()
    if text.lower() in _NOTHING:
        return None
    if kind == "email":
        return normalise_email(text)
    if kind == "phone":
        return normalise_phone(text, region)
    return unicodedata.normalize("NFC", text)[:200]


def normalise_email(raw: str) -> str | None:
    """Return an address in lower case, without display name or mailto:, its domain in ASCII; None when it is none.

    The part before the @ is lowered too: RFC 5321 lets a server tell cases apart, none of note does, and sources
    write one address in several ways. Dots and +tags are kept: they mean something on most servers.
    """
    text = unicodedata.normalize("NFKC", raw).strip().lower()
    if "<" in text:
        text = text[text.rfind("<") + 1 :].rstrip("> ")
    text = text.removeprefix("mailto:").strip(" .,;'\"")
    local, at, domain = text.rpartition("@")
    if not at:
        return None
    if not domain.isascii():
        domain = _ascii_domain(domain)
    text = f"{local}@{domain}"
    pattern_subject = text if local.isascii() else f"x@{domain}"
    if not _EMAIL.fullmatch(pattern_subject) or len(text) > 254 or local in _NOBODY or ".." in text:
        return None
    return text


def _ascii_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def is_anchor(kind: str) -> bool:
    """Tell whether two identities of this kind are two people unless proven one."""
    return kind.startswith(ANCHORS)


def is_shareable(kind: str) -> bool:
    """Tell whether several people may share an identity of this kind."""
    return kind.startswith(SHAREABLE)


def star(identities: Iterable[Identity], reason: str, strength: int, source: str, record_key: str = "") -> list[Link]:
    """Return links from the first of ``identities`` to each of the others."""
    first, *others = identities
    pairs = ((min(first.id, other.id), max(first.id, other.id)) for other in others if other.id != first.id)
    return [Link(a, b, reason, strength, source, record_key) for a, b in pairs]
