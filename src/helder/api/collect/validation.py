"""The answer of GA4's validation server, which says what is wrong with a request and keeps nothing.

https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
"""

from __future__ import annotations

import msgspec

from helder.collect.event import Entry

KIND = "debug"
"""The kind of call that is looked at and not kept."""


def said_of(entry: Entry) -> bytes:
    """Return what is wrong with a request, as JSON."""
    messages = [
        {"fieldPath": "events", "description": each.detail, "validationCode": each.reason.upper()}
        for each in entry.rejected
    ]
    return msgspec.json.encode({"validationMessages": messages})
