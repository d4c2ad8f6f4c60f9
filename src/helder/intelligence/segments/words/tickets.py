"""Tickets as nouns: *een open klacht*, *a closed question*."""

from __future__ import annotations

from helder.intelligence.segments.rule import Aggregate

_KINDS = {"complaint": {"nl": "klacht", "en": "complaint"}, "question": {"nl": "vraag", "en": "question"}}
_STATES = {"open": {"nl": "open", "en": "open"}, "closed": {"nl": "afgehandelde", "en": "closed"}}


def ticket_words(leaf: Aggregate, language: str) -> str:
    """Return a ticket leaf as a noun with its adjective; nothing when it asks for more than kind and status."""
    if leaf.object != "ticket" or not leaf.where or any(test.op != "is" for test in leaf.where):
        return ""
    asked = {test.field: str(test.value) for test in leaf.where}
    kind, state = asked.pop("kind", ""), asked.pop("status", "")
    if asked or kind not in _KINDS or (state and state not in _STATES):
        return ""
    return f"{_STATES[state][language]} {_KINDS[kind][language]}" if state else _KINDS[kind][language]
