"""Whose call it is."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.collect.hooks.definition import Signature
from helder.collect.hooks.signature import doubt

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
BODY = b'{"id": "evt_1"}'
SECRET = "It's a Secret to Everybody"
STRIPE = Signature(SECRET, "stripe")
CUSTOM = Signature(SECRET, header="X-Sign", timestamp_header="X-Time", prefix="v0=")


def mac(text: bytes, secret: str = SECRET) -> bytes:
    return hmac.digest(secret.encode(), text, "sha256")


def stripe(at: datetime, *secrets: str) -> dict[str, str]:
    moment = str(int(at.timestamp()))
    shown = [f"v1={mac(f'{moment}.'.encode() + BODY, secret).hex()}" for secret in secrets or (SECRET,)]
    return {"stripe-signature": ",".join([f"t={moment}", *shown, "v0=old"])}


def test_the_example_of_githubs_documentation() -> None:
    """The secret, body and signature that GitHub gives for checking an implementation."""
    shown = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert doubt(Signature(SECRET, "github"), shown, b"Hello, World!", NOW) is None
    assert doubt(Signature(SECRET, "github"), shown, b"Hello, World?", NOW) == "bad_signature"


def test_shopify_signs_in_base64() -> None:
    """The whole signature counts, and no other encoding of it."""
    right = base64.b64encode(mac(BODY)).decode()
    signature = Signature(SECRET, "shopify")
    assert doubt(signature, {"x-shopify-hmac-sha256": right}, BODY, NOW) is None
    for wrong in (right.lower(), right[:-4], mac(BODY).hex(), ""):
        assert doubt(signature, {"x-shopify-hmac-sha256": wrong}, BODY, NOW) == "bad_signature"


def test_stripe_signs_the_moment_with_the_body() -> None:
    """While a secret is changed two signatures are shown; a recorded call is refused once it is old."""
    assert doubt(STRIPE, stripe(NOW), BODY, NOW) is None
    assert doubt(STRIPE, stripe(NOW, "whsec_the-next-one", SECRET), BODY, NOW) is None
    assert doubt(STRIPE, stripe(NOW, "whsec_the-next-one"), BODY, NOW) == "bad_signature"
    assert doubt(STRIPE, stripe(NOW), BODY, NOW + timedelta(seconds=300)) is None
    assert doubt(STRIPE, stripe(NOW), BODY, NOW + timedelta(seconds=301)) == "stale"
    assert doubt(STRIPE, stripe(NOW + timedelta(seconds=301)), BODY, NOW) == "stale"
    later = {"stripe-signature": stripe(NOW)["stripe-signature"].replace("t=1", "t=2")}
    assert doubt(STRIPE, later, BODY, NOW) == "bad_signature"


def test_a_sender_of_ones_own() -> None:
    """Header, prefix and moment are as the definition says; a signed moment that is no number is never fresh."""
    for moment, answer in ((str(int(NOW.timestamp())), None), ("soon", "stale"), ("", "stale")):
        shown = {"x-sign": "v0=" + mac(moment.encode() + b"." + BODY).hex().upper(), "x-time": moment}
        assert doubt(CUSTOM, {**shown, "x-sign": shown["x-sign"].replace("V0", "v0")}, BODY, NOW) == answer
        assert doubt(CUSTOM, {**shown, "x-sign": shown["x-sign"][3:]}, BODY, NOW) == "bad_signature"


@pytest.mark.parametrize("scheme", ["stripe", "github", "shopify"])
@given(header=st.text(max_size=80), body=st.binary(max_size=40))
def test_nothing_else_is_believed(scheme: str, header: str, body: bytes) -> None:
    """Whatever stands in the header, a call that was not signed is not believed, and nothing crashes."""
    names = ("stripe-signature", "x-hub-signature-256", "x-shopify-hmac-sha256")
    signature = Signature(SECRET, scheme)  # pyrefly: ignore[bad-argument-type] - one of the three
    assert doubt(signature, dict.fromkeys(names, header), body, NOW) == "bad_signature"
    assert doubt(signature, {}, body, NOW) == "bad_signature"
