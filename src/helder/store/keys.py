"""Keyed 63-bit identifiers.

``identity_id`` is the same after a rebuild and says nothing about the address behind it to someone without the
installation's key. BLAKE2b: RFC 7693, keyed mode (section 2.9).
"""

from __future__ import annotations

from hashlib import blake2b

_MASK = (1 << 63) - 1


def identity_id(kind: str, value: str, key: bytes) -> int:
    """Return the 63-bit id of the identity (``kind``, normalised ``value``).

    Args:
        kind: such as ``email`` or ``customer:erp``.
        value: the value after its kind's normaliser.
        key: the installation's secret.
    """
    return digest63(f"{kind}\0{value}", key)


def digest63(text: str, key: bytes) -> int:
    """Return a keyed, non-negative 63-bit hash of ``text``."""
    raw = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8, key=key).digest()
    return int.from_bytes(raw, "big") & _MASK
