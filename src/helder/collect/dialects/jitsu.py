"""Jitsu's clients: Segment's calls at other paths (https://docs.jitsu.com/sending-data/http).

The key comes in the header ``X-Write-Key``, as ``key:secret``; in the body it is masked.
"""

from __future__ import annotations

from helder.collect.dialects.dialect import Dialect
from helder.collect.dialects.segment import key_of, open_request

_KINDS = ("track", "identify", "page", "screen", "group", "alias", "batch")

JITSU = Dialect(
    name="jitsu",
    paths={f"/api/s/{place}{kind}": kind for place in ("", "s2s/") for kind in _KINDS},
    open=open_request,
    key=key_of,
    success=b'{"ok":true}',
)
