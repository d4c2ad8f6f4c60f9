"""Flags and settings for PostHog's clients: there are none, and the clients go on with their own.

https://posthog.com/docs/api/flags
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from helder.api.collect.documents.document import Asked, Document, Found, json

_SETTINGS: Mapping[str, Any] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "hasFeatureFlags": False,
    "sessionRecording": False,
    "surveys": False,
    "productTours": False,
    "heatmaps": False,
    "capturePerformance": False,
    "autocaptureExceptions": False,
    "captureDeadClicks": False,
    "errorTracking": {"autocaptureExceptions": False, "suppressionRules": []},
    "logs": {"captureConsoleLogs": False},
    "analytics": {"endpoint": "/i/v0/e/"},
    "elementsChainAsString": True,
    "isAuthenticated": False,
    "toolbarParams": {},
    "siteApps": [],
}
_FLAGS: Mapping[str, Any] = {
    **_SETTINGS,
    "config": {"enable_collect_everything": False},
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
    "quotaLimited": [],
    "requestId": "none",
}


def _flags(_asked: Asked) -> Found:
    """Say that no flag is set."""
    return json(_FLAGS)


def _settings(asked: Asked) -> Found:
    """Say that nothing is asked of the client but to send events."""
    return json({"token": asked.parts[0], **_SETTINGS})


def _script(asked: Asked) -> Found:
    """Say the same as a script."""
    token = msgspec.json.encode(asked.parts[0]).decode().replace("<", "\\u003c")
    settings = msgspec.json.encode({"config": _SETTINGS, "siteApps": []}).decode()
    text = f"(window._POSTHOG_REMOTE_CONFIG=window._POSTHOG_REMOTE_CONFIG||{{}})[{token}]={settings};\n"
    return Found(text.encode(), b"text/javascript; charset=utf-8")


def _none(asked: Asked) -> Found:
    """Say that there are none of what was asked for."""
    return json({_LISTS[asked.parts[0]]: []})


_LISTS = {
    "surveys": "surveys",
    "early_access_features": "earlyAccessFeatures",
    "web_experiments": "experiments",
    "product_tours": "product_tours",
}
"""The last part of the address → what its list is called."""

DOCUMENTS = (
    Document(re.compile(r"/(?:flags|decide)"), _flags),
    Document(re.compile(rf"/api/({'|'.join(_LISTS)})"), _none),
    Document(re.compile(r"/array/([^/]+)/config"), _settings),
    Document(re.compile(r"/array/([^/]+)/config\.js"), _script),
)
