"""Whether a browser fetches something that nobody looks at yet, and may never look at."""

from __future__ import annotations

from collections.abc import Mapping


def fetched_ahead(headers: Mapping[str, str]) -> bool:
    """Tell whether a request says that it is made ahead of need.

    Browsers say so in Sec-Purpose (https://fetch.spec.whatwg.org/#sec-purpose-header); older ones in Purpose, X-Purpose
    or X-Moz.
    """
    said = [headers.get(name, "").lower() for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")]
    return any(word in each for each in said for word in ("prefetch", "prerender", "preview"))
