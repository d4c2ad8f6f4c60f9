"""A mail as RFC 5322 wants it. Pure.

Headers go through ``email.message`` with the policy SMTP: it encodes (RFC 2047), folds, and refuses a line break in a
value, so that no value can begin a header of its own.
"""

from __future__ import annotations

import binascii
import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

import msgspec

from helder.activate.content.render import Mail
from helder.errors import InvalidInput

_BOUNDARY = b"=_helder_alternative"
_MAILBOX = re.compile(r'"?(?P<name>[^"<>]*?)"?\s*<(?P<inside>[^<>\s,;"]+)>|(?P<bare>[^<>\s,;"]+)')


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail with what goes around it."""

    mail: Mail
    sender: str
    """From header: ``Name <address>``."""
    to: str
    message_id: str
    at: datetime
    """Aware."""
    unsubscribe: str
    """Address of the one-click way out (RFC 8058)."""
    campaign: str
    """Key of the journey, and purpose, for the mailbox providers' reports."""
    reply_to: str = ""


class BadAddress(InvalidInput):
    """An address that no mail can be sent to, or from."""

    code = "bad-address"


def build(letter: Letter) -> bytes:
    """Return the message as it goes over the wire, lines ended by CR LF.

    Raises:
        BadAddress: when the recipient or the sender is no address.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = mailbox(letter.sender)
    message["To"] = mailbox(letter.to)
    if letter.reply_to:
        message["Reply-To"] = mailbox(letter.reply_to)
    message["Subject"] = " ".join(letter.mail.subject.split())
    message["Date"] = letter.at
    message["Message-ID"] = letter.message_id
    message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Feedback-ID"] = letter.campaign
    return message.as_bytes().rstrip() + b"\r\n" + _body(letter.mail)


def mailbox(written: str) -> Address:
    """Return ``Name <address>`` or ``address`` as an address that can stand in a header.

    Raises:
        BadAddress: when it is none.
    """
    match = _MAILBOX.fullmatch(written)
    if match is None:
        raise BadAddress("not an e-mail address")
    name, address = (match["name"] or "").strip(), match["inside"] or match["bare"]
    try:
        found = Address(display_name=name, addr_spec=address)
    except (MessageError, ValueError, IndexError) as error:
        raise BadAddress("not an e-mail address") from error
    if not found.username or "." not in f"{found.domain}." or not found.domain or not written.isprintable():
        raise BadAddress("not an e-mail address")
    if not found.domain.isascii():
        found = Address(display_name=name, username=found.username, domain=_ascii(found.domain))
    if not found.username.isascii():
        raise BadAddress("an address with accents before the @ needs SMTPUTF8, which few servers offer")
    return found


def _ascii(domain: str) -> str:
    """Return an international domain as the DNS knows it (IDNA)."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError as error:
        raise BadAddress("not an e-mail address") from error


def _body(mail: Mail) -> bytes:
    """Return both forms of the text (RFC 2046) in quoted-printable: short lines, and what is plain stays readable.

    Put together by hand, since it holds nothing but what was encoded here: ``email.message`` would take twice the time.
    A boundary with ``=_`` in it cannot occur in quoted-printable.
    """
    parts = b"".join(_part(text, kind) for text, kind in ((mail.text, b"plain"), (mail.html, b"html")))
    declared = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="' + _BOUNDARY + b'"\r\n\r\n'
    return declared + parts + b"--" + _BOUNDARY + b"--\r\n"


def _part(text: str, kind: bytes) -> bytes:
    head = b"--%s\r\nContent-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True).replace(b"\r\n", b"\n")
    return head % (_BOUNDARY, kind) + encoded.replace(b"\n", b"\r\n").rstrip(b"\r\n") + b"\r\n"
