"""Read a caught mail the way a mail program does: its links, its pictures, and how to unsubscribe."""

from __future__ import annotations

import email
import email.policy
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from helder.demo.company.layout import HOSTS


class Letter(msgspec.Struct, frozen=True):
    """What matters of a mail. Links are path and query on Helder's address, in the order of the text."""

    subject: str
    recipient: str
    links: tuple[str, ...]
    pixel: str
    unsubscribe: str
    one_click: bool


class _Page(HTMLParser):
    """Collects links and pictures."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self.links: list[str] = []
        self.pixel = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep links, and the picture that shows nothing."""
        found = dict(attrs)
        if tag == "a" and (href := found.get("href")):
            self.links.append(href)
        if tag == "img" and (source := found.get("src")) and "1" in {found.get("width"), found.get("height")}:
            self.pixel = source


def read(path: Path) -> Letter:
    """Return the letter in an ``.eml`` file."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    page = _Page()
    html = mail.get_body(preferencelist=("html",))  # type: ignore[attr-defined] - the default policy makes EmailMessage
    if html is not None:
        page.feed(html.get_content())
    ways = [each.strip(" <>") for each in str(mail.get("List-Unsubscribe", "")).split(",")]
    unsubscribe = next((each for each in ways if each.startswith("http")), "")
    links = [each for each in page.links if each.startswith("http") and each != unsubscribe]
    return Letter(
        subject=str(mail.get("Subject", "")),
        recipient=str(mail.get("To", "")),
        links=tuple(dict.fromkeys(map(_local, links))),
        pixel=_local(page.pixel),
        unsubscribe=_local(unsubscribe),
        one_click="One-Click" in str(mail.get("List-Unsubscribe-Post", "")),
    )


def _local(url: str) -> str:
    """Return path and query of an address."""
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def landing_of(url: str) -> str:
    """Return ``url`` when it is on one of the publisher's sites, else nothing."""
    return url if urlsplit(url).hostname in HOSTS else ""
