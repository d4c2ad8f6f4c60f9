"""What is wrong with a rule, where in it, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar, NoReturn

from helder.errors import InvalidInput


class RuleError(InvalidInput):
    """A rule cannot be understood or asked. ``path`` names the node, such as ``rule.all[1].within``."""

    code: ClassVar[str] = "bad-rule"

    def __init__(self, path: str, message: str) -> None:
        """Say ``message`` of the node at ``path``."""
        super().__init__(f"{path}: {message}")
        self.path = path


def refuse(path: str, message: str) -> NoReturn:
    """Raise the error of the node at ``path``."""
    raise RuleError(path, message)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at what was probably meant: the nearest of ``known``, or all when there are few."""
    names = sorted(known)
    close = get_close_matches(word.lower(), [name.lower() for name in names], n=3, cutoff=0.5)
    found = [name for name in names if name.lower() in close]
    if found:
        return f"Did you mean {' or '.join(map(repr, found))}?"
    if names and len(names) <= 12:
        return f"There are: {', '.join(names)}."
    return ""
