"""The plain text of an HTML mail, for those who read it so (and for filters that distrust mails without one). Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LINK = ("\x02", "\x03")
"""What stands around an address in the text, until it is filled."""

_BLOCKS = frozenset({"p", "div", "table", "tr", "h1", "h2", "h3", "h4", "ul", "ol", "li", "br", "hr", "blockquote"})
_SILENT = frozenset({"head", "style", "script", "title"})


def to_text(html: str) -> str:
    """Return the text of ``html``: a line for a block, ``label: address`` for a link, the words of a picture."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    said = re.sub(rf"{LINK[1]}\.(?=\s|$)", LINK[1], "".join(reader.out))  # a full stop would be read as the address's
    lines = (re.sub(r"[ \t\r\f\xa0]+", " ", line).strip() for line in said.split("\n"))
    return tidy("\n".join(lines))


def tidy(text: str) -> str:
    """Return ``text`` with at most one empty line in a row."""
    return re.sub(r"\n[ \t]*(\n[ \t]*)+", "\n\n", text).strip() + "\n"


class _Reader(HTMLParser):
    """Collects the text. Comments go along: they may hold a mark of Liquid."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self._silent = 0
        self._href = ""
        self._label: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self._say("\n")
        if tag == "a" and given.get("href"):
            self._href = given["href"] or ""
            self._label.clear()
        if tag == "img" and given.get("alt"):
            self._say(given["alt"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT
        if tag == "a" and self._href:
            href, label, self._href = self._href, "".join(self._label).strip(), ""
            address = f"{LINK[0]}{href}{LINK[1]}"
            self._say(address if label in {"", href} else f"{label}: {address}")
        if tag in {"p", "table", "h1", "h2", "h3", "h4", "ul", "ol"}:
            self._say("\n")

    def handle_data(self, data: str) -> None:
        self._say(data.replace("\n", " "))

    def handle_comment(self, data: str) -> None:
        if not data.startswith("["):
            self._say(f"<!--{data}-->")

    def _say(self, text: str) -> None:
        if self._silent:
            return
        (self._label if self._href else self.out).append(text)
