"""The calls of other systems: each hook is a dialect of its own, as its definition says."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from helder.collect.dialects.dialect import Dialect, Opened
from helder.collect.dialects.segment import read_item
from helder.collect.hooks.definition import Hook
from helder.collect.hooks.mapping import calls_of
from helder.collect.item import Call, NotAccepted, Received

HOOK = "hook"
"""Name of the dialect; the kind of call is the name of the hook."""


def hook_dialect(hook: Hook) -> Dialect:
    """Return the dialect that calls to ``hook`` are read by. Its key is the signature, which the door looks at."""

    def opened(body: bytes, _kind: str, received: Received) -> Opened:
        calls = calls_of(hook, msgspec.json.decode(body), body)
        if calls is None and hook.others == "keep":
            raise NotAccepted("not_mapped", "no [[event]] of the hook is about this call")
        return Opened([Raw(msgspec.json.encode(call)) for call in calls or ()], Call(received=received), read_item)

    return Dialect(name=HOOK, paths={}, open=opened, key=lambda _body, _query: "")
