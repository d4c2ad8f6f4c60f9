"""Passwords: kept as argon2id (RFC 9106), with the parameters that OWASP recommends, and checked in constant work."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from helder.errors import InvalidInput

SHORTEST, LONGEST = 12, 256
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""OWASP Password Storage: 19 MiB, two passes, one lane."""
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """Return what is kept of ``password``.

    Raises:
        InvalidInput: when it is too short or too long; nothing else is asked of it (NIST SP 800-63B).
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"a password has {SHORTEST} to {LONGEST} characters; a sentence is easy to remember")
    return _hasher.hash(password)


def verified(password: str, kept: str) -> bool:
    """Tell whether ``password`` is the one; against nothing kept (an unknown person) it takes as long, and fails."""
    try:
        return _hasher.verify(kept or _NOBODY, password[:LONGEST]) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Tell whether a kept password was made with weaker parameters than are used now."""
    return _hasher.check_needs_rehash(kept)
