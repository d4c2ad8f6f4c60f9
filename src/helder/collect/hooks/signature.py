"""Whether a call was signed by who knows the secret, and lately. Pure. HMAC-SHA256 (RFC 2104) over the raw body."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Literal, TypeAlias

from helder.collect.hooks.definition import Signature, signed_as

Doubt: TypeAlias = Literal["bad_signature", "stale"]
"""Why a call is not believed: not signed with the secret; or signed, but too long ago."""


def doubt(signature: Signature, headers: Mapping[str, str], body: bytes, now: datetime) -> Doubt | None:
    """Return why a call is not to be believed; None when it is.

    Args:
        signature: how the sender signs.
        headers: of the request; names in lower case.
        body: as it came.
        now: aware UTC.
    """
    said = signed_as(signature)
    shown, moment = _shown(said, headers)
    signed = body if moment is None else moment.encode("utf-8", "replace") + b"." + body
    right = _encoded(said, hmac.digest(said.secret.encode(), signed, "sha256"))
    # All are compared: while a sender changes its secret it signs with both (Stripe).
    if not [each for each in shown if hmac.compare_digest(each.encode("utf-8", "replace"), right)]:
        return "bad_signature"
    if moment is None:
        return None
    late = abs(now.timestamp() - int(moment)) if moment.isascii() and moment.isdigit() else None
    return None if late is not None and late <= said.tolerance_seconds else "stale"


def _shown(said: Signature, headers: Mapping[str, str]) -> tuple[list[str], str | None]:
    """Return the signatures that a call shows, and the moment that is signed with its body, if one is."""
    value = headers.get(said.header.lower(), "").strip()
    if said.scheme == "stripe":
        parts = [part.strip().partition("=") for part in value.split(",")]
        moments = [text for name, _, text in parts if name == "t"]
        return [text for name, _, text in parts if name == "v1"], moments[0] if moments else ""
    moment = headers.get(said.timestamp_header.lower(), "").strip() if said.timestamp_header else None
    shown = value.removeprefix(said.prefix) if value.startswith(said.prefix) else ""
    return [shown.lower() if said.encoding == "hex" else shown], moment


def _encoded(said: Signature, mac: bytes) -> bytes:
    return mac.hex().encode() if said.encoding == "hex" else base64.b64encode(mac)
