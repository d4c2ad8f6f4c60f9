"""Signed links: ``<signer>.<id>.<exp>.<mac>``, by which a mail tells a site who clicked."""

from __future__ import annotations

import base64
import hashlib
import hmac


def token(secret: str, signer: str, name: str, expires: int) -> str:
    """Return the token by which ``signer`` vouches that the visitor is ``name``, until ``expires`` (unix seconds)."""
    claim = f"{signer}.{name}.{expires}"
    mac = hmac.new(secret.encode(), claim.encode(), hashlib.sha256).digest()
    return f"{claim}.{base64.urlsafe_b64encode(mac).decode()[:22]}"
