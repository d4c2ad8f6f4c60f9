"""From MJML with Liquid in it to HTML with Liquid in it, done once for a version of a template.

The Liquid is taken out before the MJML and CSS engines see the text and put back afterwards: outputs become a word, and
tags between elements become comments, which HTML keeps in place everywhere (a text inside a table would be moved).
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from helder.activate.content.template import TemplateFault

if TYPE_CHECKING:
    from css_inline import CSSInliner

_PARTS = re.compile(r"<!--.*?-->|\{%.*?%\}|\{\{.*?\}\}|<|>", re.DOTALL)


class Held:
    """A text whose Liquid was replaced by marks, and the Liquid that belongs to them."""

    def __init__(self, source: str) -> None:
        """Take the Liquid out of ``source``."""
        self._seed = blake2b(source.encode(), digest_size=5).hexdigest()
        self._pieces: list[str] = []
        self._in_tag = False
        self.text = _PARTS.sub(self._hold, source)
        self.mark = re.compile(rf"<!--z{self._seed}n(\d+)z-->|z{self._seed}n(\d+)z")

    def put_back(self, text: str) -> str:
        """Return ``text`` with Liquid where the marks are."""
        return self.mark.sub(lambda found: self._pieces[int(found[1] or found[2])], text)

    def _hold(self, found: re.Match[str]) -> str:
        part = found[0]
        if part in "<>":
            self._in_tag = part == "<"
            return part
        if part.startswith("<!--"):
            return part
        self._pieces.append(part)
        word = f"z{self._seed}n{len(self._pieces) - 1}z"
        return f"<!--{word}-->" if part.startswith("{%") and not self._in_tag else word


def to_html(held: Held) -> str:
    """Return the HTML of a held MJML text, with its styles in the elements, marks and all.

    Raises:
        TemplateFault: when it is no MJML, or includes a file.
    """
    from mjml import mjml2html

    if "mj-include" in held.text:
        raise TemplateFault("body: mj-include would read a file; put the parts in the template itself")
    try:
        html = mjml2html(held.text, fonts={}, disable_comments=False)
    except Exception as error:
        raise TemplateFault(f"body: this is no MJML: {error}") from error
    return _inliner().inline(html)


@cache
def _inliner() -> CSSInliner:
    """Return the inliner; it never fetches a style sheet, and keeps what only a style sheet can say (media queries)."""
    from css_inline import CSSInliner

    return CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
