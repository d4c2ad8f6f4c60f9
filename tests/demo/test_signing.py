from __future__ import annotations

import base64
import hashlib
import hmac

from helder.demo.signing import token


def test_a_token_is_what_both_sides_agreed_on() -> None:
    """Signer, id and end of validity are readable; the mac is 22 letters of HMAC-SHA256 over them."""
    made = token("secret", "newsletter", "N100234", 1_795_000_000)
    claim, _, mac = made.rpartition(".")
    assert claim == "newsletter.N100234.1795000000"
    digest = hmac.digest(b"secret", claim.encode(), hashlib.sha256)
    assert mac == base64.urlsafe_b64encode(digest).decode()[:22]
