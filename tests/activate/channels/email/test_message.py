"""A mail on the wire: read back by an independent parser, whatever the values are."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.channels.email.message import BadAddress, Letter, build, mailbox
from helder.activate.content.render import Mail

HEADERS = [
    *("From", "To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"),
    *("MIME-Version", "Content-Type"),
]


def letter(**fields: Any) -> Letter:
    texts = {name: fields.pop(name, name) for name in ("subject", "html", "text")}
    whole = {
        "mail": Mail(**texts),
        "sender": "Uitgeverij Léntehof <l@lentehof.example>",
        "to": "noor@example.nl",
        "message_id": "<1.1@lentehof.example>",
        "at": datetime(2026, 11, 24, 10, tzinfo=UTC),
        "unsubscribe": "https://h.example/t/u/1.2.3",
        "campaign": "j:events:all:helder",
    }
    return Letter(**{**whole, **fields})


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_the_headers_are_what_providers_ask_for() -> None:
    """One-click unsubscribing, a date, an id, and a name with an accent as RFC 2047 has it."""
    raw = build(letter())
    message = parsed(raw)
    assert message.keys() == HEADERS
    assert message["List-Unsubscribe"] == "<https://h.example/t/u/1.2.3>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Date"].datetime == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert message["From"].addresses[0].display_name == "Uitgeverij Léntehof"
    assert b"=?utf-8?" in raw.split(b"\r\n\r\n")[0]


def test_lines_are_as_smtp_wants_them() -> None:
    """Only ASCII, lines ended by CR LF and shorter than 998 bytes, however long a line of HTML is."""
    raw = build(letter(html="<p>" + "é" * 5000 + "</p>", text="x" * 3000, subject="é" * 300))
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) < 998


NASTY = st.text(max_size=60) | st.sampled_from(
    ["a\r\nBcc: x@y.example", "a\n\nbody", "=?utf-8?q?x?=", "--=_helder_alternative", "."]
)


@given(subject=NASTY, html=NASTY, text=NASTY)
def test_no_value_can_begin_a_header_or_a_part(subject: str, html: str, text: str) -> None:
    """Whatever the subject and the texts hold, there are these headers and two parts, and the texts come back."""
    message = parsed(build(letter(subject=subject, html=html, text=text)))
    assert message.keys() == HEADERS
    parts = [part.get_content_type() for part in message.iter_parts()]
    assert parts == ["text/plain", "text/html"]
    for kind, sent in (("plain", text), ("html", html)):
        part = message.get_body((kind,))
        assert part is not None
        got = part.get_payload(decode=True)
        assert isinstance(got, bytes)
        assert "".join(got.decode().split()) == "".join(sent.encode("utf-8", "replace").decode().split())


BAD = [
    "",
    "no",
    "@x.nl",
    "a@",
    "a b@x.nl",
    "a@x.nl\r\nRCPT TO:<b@x.nl>",
    "a@x.nl, b@x.nl",
    "<a@x.nl",
    "a@x..nl",
    "é@x.nl",
    "a\x00@x.nl",
    "a@x.nl>",
    "Jan <>",
    "a@" + "é" * 80 + ".nl",
]


@pytest.mark.parametrize("address", BAD)
def test_what_is_no_address_is_refused(address: str) -> None:
    """One address, printable, with something on both sides of the @."""
    with pytest.raises(BadAddress):
        mailbox(address)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("noor@example.nl", "noor@example.nl"),
        ("Noor <noor@example.nl>", "noor@example.nl"),
        ("o'brien+x@example.nl", "o'brien+x@example.nl"),
        ("noor@bücher.example", "noor@xn--bcher-kva.example"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_is_sent_as_servers_know_it(written: str, sent: str) -> None:
    """The name is left out of the envelope, and an international domain is in the form of the DNS."""
    assert mailbox(written).addr_spec == sent


@given(address=st.text(max_size=40) | st.emails())
def test_an_address_never_breaks_the_protocol(address: str) -> None:
    """What goes into a command is one word of ASCII, or is refused."""
    try:
        sent = mailbox(address).addr_spec
    except BadAddress:
        return
    assert sent.isascii()
    assert sent.isprintable()
    assert "@" in sent
