"""What PostHog's clients say about the surroundings of an event, in the words of Segment's context."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLACES: Mapping[str, tuple[str, ...]] = {
    "$lib": ("library", "name"),
    "$lib_version": ("library", "version"),
    "$current_url": ("page", "url"),
    "$pathname": ("page", "path"),
    "$referrer": ("page", "referrer"),
    "$referring_domain": ("page", "referring_domain"),
    "title": ("page", "title"),
    "utm_source": ("campaign", "source"),
    "utm_medium": ("campaign", "medium"),
    "utm_campaign": ("campaign", "name"),
    "utm_content": ("campaign", "content"),
    "utm_term": ("campaign", "term"),
    "$os": ("os", "name"),
    "$os_version": ("os", "version"),
    "$app_name": ("app", "name"),
    "$app_version": ("app", "version"),
    "$screen_width": ("screen", "width"),
    "$screen_height": ("screen", "height"),
    "$raw_user_agent": ("userAgent",),
    "$browser_language": ("locale",),
    "$timezone": ("timezone",),
    "$ip": ("ip",),
    "$session_id": ("sessionId",),
    "$groups": ("groups",),
}
"""Property → where it goes."""


def context_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context that ``properties`` hold."""
    context: dict[str, Any] = {}
    for name, place in _PLACES.items():
        value = properties.get(name)
        if value is None:
            continue
        inner = context if len(place) == 1 else context.setdefault(place[0], {})
        inner[place[-1]] = value
    return context
