"""The questions that the worker answers, one file a noun: each gives its handlers by name.

A handler's parameters are the call's arguments. What it returns goes over the socket as MessagePack, so Structs come
out as maps; the one who asks converts them back with ``expect``.
"""

from __future__ import annotations

from collections.abc import Mapping

from helder.wiring.house import House
from helder.worker.answering import Handler
from helder.worker.questions import campaigns, identities, people, previews, rejects, segments, sources


def questions(house: House) -> Mapping[str, Handler]:
    """Return all handlers by name."""
    nouns = (sources, segments, campaigns, people, identities, rejects, previews)
    return {name: handler for noun in nouns for name, handler in noun.handlers(house).items()}
