"""Names of countries in a sentence."""

from __future__ import annotations

from babel import Locale

_THE = frozenset(("NL", "US", "GB", "AE", "CZ", "DO", "PH", "BS", "GM"))
"""Countries that English puts *the* before."""


def country(code: str, language: str) -> str:
    """Return the name of an ISO 3166 country; what is no code is left as it is."""
    name = Locale(language).territories.get(code.upper(), code)
    return f"the {name}" if language == "en" and code.upper() in _THE else name
