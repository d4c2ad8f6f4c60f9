"""A template made ready once, and filled for each person."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from helder.activate.content.liquid import Sandbox
from helder.activate.content.mjml import Held, to_html
from helder.activate.content.template import Template, TemplateFault
from helder.activate.content.text import LINK, tidy, to_text

_HREF = re.compile(r'(<a\b[^>]*?\bhref=")([^"]*)(")')
_TEXT_LINK = re.compile(f"{LINK[0]}(.*?){LINK[1]}", re.DOTALL)
_BODY = re.compile(r"<body\b[^>]*>")
_HIDDEN = (
    '<div style="display:none;font-size:1px;line-height:1px;max-height:0;max-width:0;opacity:0;overflow:hidden">'
    "{}" + "&#847;&zwnj;&nbsp;" * 60 + "</div>"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

Link = Callable[[str], str]
"""Turns an address in the template into the one that goes into this person's mail."""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """What one person gets."""

    subject: str
    html: str
    text: str


class Rendering:
    """One version of a template, compiled."""

    def __init__(self, template: Template, zone: ZoneInfo) -> None:
        """Compile ``template``.

        Raises:
            TemplateFault: when it cannot be compiled, or offers no way to unsubscribe.
        """
        self.template = template
        held = Held(template.mjml)
        html = to_html(held)
        words, markup = (Sandbox(language=template.language, zone=zone, html=html) for html in (False, True))
        self._subject = words.compile(template.subject, "subject")
        self._html = markup.compile(held.put_back(_with_preheader(html, template.preheader)), "body")
        self._text = words.compile(held.put_back(to_text(html)), "text")
        if "links.unsubscribe" not in self._html.variables():
            raise TemplateFault("body: every mail offers a way out; use {{ links.unsubscribe }} in a link")

    def variables(self) -> set[str]:
        """Return the paths of all variables that the template needs."""
        return self._subject.variables() | self._html.variables()

    def fill(self, values: Mapping[str, Any], link: Link, pixel: str = "") -> Mail:
        """Return the mail for ``values``.

        Args:
            values: groups of JSON values: ``person``, ``company``, ``links`` and those of the journey.
            link: what to put in the place of each web address.
            pixel: address of the picture that tells of opening; empty for none.

        Raises:
            TemplateFault: naming the variable that is missing, or the limit that is passed.
        """
        subject = _CONTROL.sub(" ", self._subject.fill(values)).strip()
        if not subject:
            raise TemplateFault("subject: is empty for these values")
        html = _HREF.sub(
            lambda found: found[1] + escape(_led(unescape(found[2]), link)) + found[3], self._html.fill(values)
        )
        text = _TEXT_LINK.sub(lambda found: _led(found[1], link), self._text.fill(values))
        return Mail(subject=subject, html=_with_pixel(html, pixel), text=tidy(text))


def _led(address: str, link: Link) -> str:
    """Return where a link leads: web addresses by ``link``, mail and telephone as they are, all else nowhere."""
    address = _CONTROL.sub("", address).strip()
    if address.lower().startswith(("https://", "http://")):
        return link(address)
    return address if address.lower().startswith(("mailto:", "tel:")) else "#"


def _with_preheader(html: str, preheader: str) -> str:
    """Put the line that inboxes show behind the subject first in the body, hidden, and padded from what follows."""
    return _BODY.sub(lambda found: found[0] + _HIDDEN.format(preheader), html, count=1) if preheader else html


def _with_pixel(html: str, pixel: str) -> str:
    """Put the picture that tells of opening last in the body."""
    if not pixel:
        return html
    picture = f'<img src="{escape(pixel)}" width="1" height="1" alt="" style="display:block;border:0">'
    head, found, tail = html.rpartition("</body>")
    return f"{head}{picture}{found}{tail}" if found else html + picture
