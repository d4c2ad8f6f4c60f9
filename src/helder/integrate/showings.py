"""Who showed a signed word of Helder's first: a mail or an address that is passed on names its reader, nobody else.

A word belongs to one mail, or to one crossing from site to site. The first browser that shows it on a site is taken for
the one it is for; whoever shows it on that site later says nothing by it. Asked again of the first browser, the answer
is the same, so that a batch that is taken in twice gives the same links.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table

REMEMBERED = timedelta(days=8)
"""A mail's links name its reader for seven days, and a word holds for an hour more."""
_MOST = 500_000
_KEPT = r"[?&]hld=([-_][0-9a-z]+)(?:[&#]|$)"
"""What stays of a right word in a stored address; a word that is not right is not stored at all."""


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A word was shown on a site."""

    source: str
    once: str
    """What the word belongs to."""
    identity: int
    """Of the browser, or of the user who was logged in there."""


class Showings:
    """The first showing of each word, in memory. One thread uses it."""

    def __init__(self, recall: Callable[[datetime], Iterable[Shown]]) -> None:
        """Begin with what ``recall`` returns, asked at the first word."""
        self._recall = recall
        self._first: dict[tuple[str, str], set[int]] | None = None

    def first(self, shown: Sequence[Shown], at: datetime) -> bool:
        """Note that a word is shown now, and tell whether no other browser showed it on this site before.

        Args:
            shown: the same word and site, once for each identity that the browser has.
            at: now, naive UTC.
        """
        if self._first is None:
            self._first = {}
            for each in self._recall(at - REMEMBERED):
                self._first.setdefault((each.source, each.once), {each.identity})
        if len(self._first) >= _MOST:
            for key in list(self._first)[: _MOST // 2]:
                del self._first[key]
        held = self._first.setdefault((shown[0].source, shown[0].once), {each.identity for each in shown})
        return any(each.identity in held for each in shown)


def shown_in(facts: Facts, since: datetime) -> list[Shown]:
    """Return who showed a word of Helder's since a moment (naive UTC), from the events, oldest first.

    Events hold whom they are of, which is the user for a browser with one logged in; a browser that logged in and out
    again within the week, and across a restart of Helder, is then not known as the first. That makes no link, and the
    link of its first showing stands.
    """
    event = table("every_event")
    wanted = event.filter(event.received_at >= since, event.url.re_search(_KEPT))
    rows = facts.read(wanted.order_by("received_at", "message_id").select("source", "url", "identity_id"))
    found = [(row, re.search(_KEPT, row["url"])) for row in rows.to_pylist()]
    return [Shown(row["source"], kept[1], row["identity_id"]) for row, kept in found if kept]
