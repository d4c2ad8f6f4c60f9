"""What is added to an event on the way in: for now, whether a program that reads the web sent it."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

_LITERAL = re.compile(r"(?:\\[^a-zA-Z0-9]|[^\\^$.|?*+()\[\]{}])+")
_ESCAPED = re.compile(r"\\(.)")
_LONGEST_AGENT = 512


@lru_cache(maxsize=16_384)
def is_crawler(user_agent: str) -> bool:
    """Tell whether a user agent is that of a crawler, a monitor or a library that fetches pages.

    The patterns (``crawlers.txt``) are regular expressions, but nearly all of them are plain text: those are looked
    for as text, which is fifty times faster than an expression with 1,500 branches; the few others are one expression.
    """
    agent = user_agent[:_LONGEST_AGENT]
    texts, expression = _patterns()
    return any(text in agent for text in texts) or expression.search(agent) is not None


@cache
def _patterns() -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the patterns that are plain text, and one expression for the rest."""
    lines = (files("helder.collect") / "crawlers.txt").read_text("utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("# ")]
    plain = tuple(_ESCAPED.sub(r"\1", pattern) for pattern in patterns if _LITERAL.fullmatch(pattern))
    rest = [pattern for pattern in patterns if not _LITERAL.fullmatch(pattern)]
    return plain, re.compile("|".join(f"(?:{pattern})" for pattern in rest))
