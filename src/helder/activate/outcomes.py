"""What became of messages, told at the front door as events like any other."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import msgspec
from sqlalchemy import RowMapping

from helder.collect.event import Event

SOURCE = "helder"
"""Source of the events that Helder's own channels report."""


def outcome_event(
    row: RowMapping, name: str, at: datetime, received_at: datetime, detail: str = "", **more: str | None
) -> Event:
    """Return the event that tells what became of a message.

    Args:
        row: the message's row of the outbox.
        name: ``Email Sent``, ``Email Opened``, …
        at: when it happened, naive UTC.
        received_at: when Helder heard of it, naive UTC.
        detail: what else makes it one of its kind: the link of a click.
        more: properties beside those that every outcome has.
    """
    properties = {
        "campaign": row["journey"],
        "email_id": str(row["id"]),
        "purpose": row["purpose"],
        "title": row["title"],
        **more,
    }
    return Event(
        message_id=message_id(row["id"], name, detail),
        type="track",
        name=name,
        source=SOURCE,
        at=at,
        received_at=received_at,
        properties=msgspec.json.encode(properties).decode(),
        identity_id=row["identity_id"],
    )


def message_id(number: int, name: str, detail: str = "") -> str:
    """Return the same id for the same outcome of the same message, so that telling it twice changes nothing."""
    return "helder-" + blake2b(f"{number}\0{name}\0{detail}".encode(), digest_size=16).hexdigest()
