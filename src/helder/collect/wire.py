"""An event in Segment's format again: readable for people, and read back as the same event. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from helder.collect.event import Event


def wire(event: Event) -> str:
    """Return ``event`` as JSON text, such as its source might have sent.

    Times come out such that reading them again gives the same: the sender's clock stays off by as much as it was.
    """
    said: dict[str, Any] = {
        "messageId": event.message_id,
        "type": event.type,
        "event" if event.type == "track" else "name": event.name or None,
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "previousId": event.previous_id,
        "groupId": event.group_id,
        "traits": event.traits,
        **_times(event),
        "properties": msgspec.Raw(event.properties.encode()),
        "context": msgspec.Raw(event.context.encode()),
    }
    return msgspec.json.encode({name: value for name, value in said.items() if value is not None}).decode()


def _times(event: Event) -> dict[str, str]:
    """Return timestamp and sentAt: the moment is ``received − (sent − stamped)``, see ``moment``."""
    if event.original_at is None:
        return {}
    try:
        sent = event.received_at - event.at + event.original_at
    except OverflowError:
        return {"timestamp": event.original_at.isoformat()}
    return {"timestamp": event.original_at.isoformat(), "sentAt": sent.isoformat()}
