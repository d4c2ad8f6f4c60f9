"""The source configuration for RudderStack's browser SDK.

https://www.rudderstack.com/docs/sources/event-streams/sdks/rudderstack-javascript-sdk/
"""

from __future__ import annotations

import base64
import re

from helder.api.collect.documents.document import Asked, Document, Found, json

_OFF = {"enabled": False}


def _source_config(asked: Asked) -> Found:
    """Say that the source is on, has no destinations of its own, and tells its maker nothing."""
    key = asked.query.get("writeKey", "")
    asked.refuse_unknown(key)
    return json(
        {
            "source": {
                "id": _id(key),
                "name": "Helder",
                "writeKey": key,
                "enabled": True,
                "workspaceId": "helder",
                "config": {"statsCollection": {"errors": _OFF, "metrics": _OFF}},
                "connections": [],
                "destinations": [],
                "dataplanes": {},
            }
        }
    )


def _id(key: str) -> str:
    """Return an id that is the same for the same key; the SDK wants one and does nothing with it."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")[:27]


DOCUMENTS = (Document(re.compile(r"/sourceConfig"), _source_config),)
