"""A mail template as a marketer writes it. Pure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import msgspec

from helder.errors import InvalidInput

_LARGEST = 100_000


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A template, all of it Liquid: the subject, the line behind it in the inbox, and the body."""

    key: str
    subject: str
    mjml: str
    preheader: str = ""
    sender: str = ""
    """From header; empty is the company's."""
    reply_to: str = ""
    language: str = "nl"
    """nl or en: of the dates, the amounts and the words that Helder adds."""


class TemplateFault(InvalidInput):
    """A template cannot be made into a mail; the message names the variable, the line or the limit."""

    code = "template-fault"


def read_template(path: Path) -> Template:
    """Return the template described by the TOML file ``path``; ``mjml`` may name a file beside it.

    Raises:
        TemplateFault: when a file is missing, or a field is unknown or of the wrong type.
    """
    try:
        written = tomllib.loads(path.read_text("utf-8"))
        body = written.get("mjml", "")
        if isinstance(body, str) and re.fullmatch(r"[\w.-]+\.mjml", body):
            written["mjml"] = (path.parent / body).read_text("utf-8")
        template = msgspec.convert(written, Template)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise TemplateFault(f"template {path.name}: {error}") from error
    if len(template.mjml) > _LARGEST:
        raise TemplateFault(f"template {template.key}: longer than {_LARGEST:,} characters")
    return template
