"""Settings for analytics-next, which sends nothing when it cannot fetch them.

https://segment.com/docs/connections/sources/catalog/libraries/website/javascript/custom-proxy/
"""

from __future__ import annotations

import re
from typing import Any

from helder.api.collect.documents.document import Asked, Document, Found, json


def _settings(asked: Asked) -> Found:
    """Say that events go to the host that was asked, and that there are no other destinations."""
    key = asked.parts[0]
    asked.refuse_unknown(key)
    every: dict[str, Any] = {"__default": {"enabled": True, "integrations": {}}}
    return json(
        {
            "integrations": {
                "Segment.io": {
                    "apiKey": key,
                    "apiHost": f"{asked.host}/v1",
                    "protocol": asked.scheme,
                    "unbundledIntegrations": [],
                    "addBundledMetadata": True,
                    "maybeBundledConfigIds": {},
                    "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
                }
            },
            "plan": {"track": every, "identify": every, "group": every},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            # Figures about the client itself would go to its maker.
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        }
    )


DOCUMENTS = (Document(re.compile(r"/v1/projects/([^/]+)/settings"), _settings),)
