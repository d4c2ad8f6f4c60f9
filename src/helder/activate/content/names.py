"""How to address somebody by a first name that came from a form. Pure."""

from __future__ import annotations

import re
import unicodedata

_BROKEN = re.compile(r"[�¼-¾²³¹0-9@/\\_<>{}|]|Ã.|Â.|â€")
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?", re.UNICODE)
_INITIALS = re.compile(r"(?:[^\W\d_]\.?){1,3}", re.UNICODE)


def salutation(first_name: str | None) -> str | None:
    """Return the first name to greet with, or None when none can be used without looking foolish.

    Initials ("J.", "A.B."), broken encodings ("JosÃ©"), numbers, emoji and single letters are not names to greet with;
    "JAN" and "jan" become "Jan"; a name that mixes cases is left as its owner wrote it ("DeShawn", "Jean-Luc").
    """
    name = " ".join(unicodedata.normalize("NFC", first_name or "").split())
    if not 2 <= len(name) <= 30 or _BROKEN.search(name):
        return None
    words = name.split(" ")
    if not all(_WORD.fullmatch(word) and word[0].isalpha() for word in words) or _all_initials(name):
        return None
    return " ".join(_cased(word) for word in words) if name.isupper() or name.islower() else name


def _all_initials(name: str) -> bool:
    """Tell whether a name is nothing but initials: letters with stops, or up to two capitals without a vowel."""
    joined = name.replace(" ", "")
    if "." in joined:
        return _INITIALS.fullmatch(joined) is not None or all(len(part) <= 1 for part in joined.split("."))
    return len(joined) == 2 and all(letter.isupper() for letter in joined) and not set(joined) & set("AEIOUY")


def _cased(word: str) -> str:
    """Return a word with a capital at its start and after a hyphen."""
    return "-".join(part[:1].upper() + part[1:].lower() for part in word.split("-"))
