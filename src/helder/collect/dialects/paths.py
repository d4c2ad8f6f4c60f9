"""Which dialect is spoken at which path."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from helder.collect.dialects.dialect import Dialect
from helder.collect.dialects.ga4 import GA4
from helder.collect.dialects.jitsu import JITSU
from helder.collect.dialects.posthog import POSTHOG
from helder.collect.dialects.segment import SEGMENT

DIALECTS: tuple[Dialect, ...] = (SEGMENT, JITSU, POSTHOG, GA4)


class Route(Struct, frozen=True):
    """How requests to a path are read."""

    dialect: Dialect
    kind: str
    """Kind of call, in the dialect's own words."""


ROUTES: Mapping[str, Route] = {
    path: Route(dialect, kind) for dialect in DIALECTS for path, kind in dialect.paths.items()
}
"""Path, without a slash at the end → how it is read."""
