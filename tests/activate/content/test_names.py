"""Whom one can greet by first name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.content.names import salutation

GREETED = {
    "Noor": "Noor",
    "  noor ": "Noor",
    "JAN": "Jan",
    "Jan-Willem": "Jan-Willem",
    "JAN-WILLEM": "Jan-Willem",
    "anne marie": "Anne Marie",
    "DeShawn": "DeShawn",
    "Zoë": "Zoë",
    "Zoe\u0308": "Zoë",
    "O'Brien": "O'Brien",
    "Bo": "Bo",
    "AL": "Al",
    "Ömer": "Ömer",
    "Łukasz": "Łukasz",
    "José": "José",
}
NOT_GREETED = [
    "",
    "   ",
    "J",
    "J.",
    "J.P.",
    "A.B.C.",
    "JP",
    "JosÃ©",
    "Zoï¿½",
    "Jos\ufffd",
    "jan@x.nl",
    "N/A",
    "12",
    "Jan 🌷",
    "🌷",
    "_",
    "x" * 31,
    "Jan\x00",
    "{{x}}",
    "<b>Jan</b>",
]


@pytest.mark.parametrize(("given_name", "greeted"), GREETED.items())
def test_a_name_is_used_as_its_owner_would_write_it(given_name: str, greeted: str) -> None:
    """Capitals are mended only where somebody typed all of them, or none."""
    assert salutation(given_name) == greeted


@pytest.mark.parametrize("given_name", NOT_GREETED)
def test_what_is_no_name_is_not_used(given_name: str) -> None:
    """Initials, broken encodings, numbers, addresses, emoji and markup give no greeting."""
    assert salutation(given_name) is None


@given(name=st.text(max_size=40) | st.none())
def test_a_greeting_is_always_fit_to_print(name: str | None) -> None:
    """Whatever comes in, what comes out is short, has letters, and begins with a letter."""
    greeting = salutation(name)
    if greeting is not None:
        assert 2 <= len(greeting) <= 30
        assert greeting[0].isalpha()
        assert not set(greeting) & set("<>{}@0123456789\n")
