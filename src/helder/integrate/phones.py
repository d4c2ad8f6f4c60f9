"""Phone numbers in the one international form (E.164)."""

from __future__ import annotations

import re

import phonenumbers

_NOISE = re.compile(r"[\s().\-/]+")
# Dutch numbers have nine digits after the 0; mobile 06, area codes 01x-05x and 07x. 08x, 09x, 14, 112 are services.
_DUTCH = re.compile(r"(?:\+31|0031|0)0?([1-57]\d{8}|6[1-5]\d{7}|68\d{7})")
_SAME_DIGIT = re.compile(r"\+?\d{0,3}?(\d)\1{6,}")


def normalise_phone(raw: str, region: str = "NL") -> str | None:
    """Return ``raw`` as E.164; None when it is no number that a person can have.

    Plain Dutch numbers take a short way: the general parser costs some 50 µs a number.

    Args:
        raw: as a person wrote it: ``06-12 34 56 78``, ``+31 (0)6 12345678``, ``tel. 0031612345678``.
        region: country of numbers without a country code (ISO 3166).
    """
    text = _NOISE.sub("", raw.replace("(0)", ""))
    if _SAME_DIGIT.fullmatch(text):
        return None
    if region == "NL" and (plain := _DUTCH.fullmatch(text)):
        return f"+31{plain[1]}"
    return _parsed(raw, region)


def _parsed(raw: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
