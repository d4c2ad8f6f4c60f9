"""Web events: which browser does what, when."""

from __future__ import annotations

import numpy as np

from helder.demo.company import rates
from helder.demo.company.known import Known
from helder.demo.company.layout import SITES
from helder.demo.company.plan import DAY, Starter
from helder.demo.company.visitors import Visitor

# what happens in an event
PAGE, SEARCH, PRODUCT, WORKSHOP, IDENTIFY, SIGNED_IN, STARTED, COMPLETED = range(8)
BROWSE = np.array([PAGE, SEARCH, PRODUCT, WORKSHOP])
WINDOW = 60 * DAY


class Clicks:
    """The events of one chunk, in order of time: columns of equal length.

    ``visitor`` counts in the list of visitors, or is -1 for a crawler; ``stage`` is 0 before a browser is known, 1 when
    its owner has logged in, 2 when a housemate has; ``at`` is in milliseconds since 1970, UTC.
    """

    def __init__(
        self, visitor: np.ndarray, what: np.ndarray, stage: np.ndarray, at: np.ndarray, first: np.ndarray
    ) -> None:
        """Put the events in order of time; equal moments keep the order in which they were made."""
        order = np.argsort(at, kind="stable")
        self.visitor, self.what, self.stage = visitor[order], what[order], stage[order]
        self.at, self.first = at[order], first[order]

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.at)


def clicks(
    rng: np.random.Generator, visitors: list[Visitor], starters: dict[int, Starter], known: Known, as_of: int
) -> Clicks:
    """Return all that the browsers of a chunk do, and what crawlers do beside them."""
    browsing = _browsing(rng, visitors, as_of)
    starts = _starts(rng, visitors, starters, known, as_of)
    parts = [browsing, starts, _crawlers(rng, len(browsing[0]) + len(starts[0]), as_of)]
    return Clicks(*(np.concatenate(column) for column in zip(*parts, strict=True)))


Columns = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _browsing(rng: np.random.Generator, visitors: list[Visitor], as_of: int) -> Columns:
    """Return ordinary visits: sessions of a few events; who logs in does so in the first, and stays so."""
    sessions = rng.geometric(0.6, len(visitors))
    whose = np.repeat(np.arange(len(visitors)), sessions)
    # Sessions end a quarter of an hour before as_of, so that none is still going on.
    begin = as_of * 1000 - 900_000 - (rng.random(len(whose)) ** 1.3 * WINDOW * 1000).astype(np.int64)
    order = np.lexsort((begin, whose))
    begin = begin[order]
    length = 2 + rng.geometric(0.36, len(whose))
    visitor = np.repeat(whose, length)
    start_of = np.repeat(np.cumsum(length) - length, length)
    place = np.arange(len(visitor)) - start_of  # within the session
    pause = rng.integers(4_000, 40_000, len(visitor))
    at = np.repeat(begin, length) + _running(pause, start_of)
    what = BROWSE[rng.choice(4, len(visitor), p=[0.68, 0.11, 0.09, 0.12])]
    what[place == 0] = PAGE
    return visitor, what, _log_in(visitors, visitor, what), at, _first(visitor)


def _running(pause: np.ndarray, start_of: np.ndarray) -> np.ndarray:
    """Return the running sum of pauses within each session."""
    total = np.cumsum(pause)
    return total - total[start_of]


def _first(visitor: np.ndarray) -> np.ndarray:
    """Return which events are the first of their browser (events stand in order of browser and time)."""
    return np.concatenate(([True], visitor[1:] != visitor[:-1])) if len(visitor) else np.zeros(0, bool)


def _log_in(visitors: list[Visitor], visitor: np.ndarray, what: np.ndarray) -> np.ndarray:
    """Put log-ins into ``what``: the owner's early, a housemate's late; return who is logged in at each event."""
    begins = np.flatnonzero(_first(visitor))
    count = np.diff(np.append(begins, len(visitor)))
    nth = np.arange(len(visitor)) - np.repeat(begins, count)
    left = np.repeat(count, count) - nth
    known = np.array([bool(each.user) for each in visitors], dtype=bool)[visitor]
    shared = np.array([bool(each.mate) for each in visitors], dtype=bool)[visitor] & (nth > 2)
    what[known & (nth == 1)] = IDENTIFY
    what[known & (nth == 2)] = SIGNED_IN
    what[shared & (left == 1)] = IDENTIFY
    return np.where(shared & (left == 1), 2, known & (nth >= 1)).astype(np.int8)


def _starts(
    rng: np.random.Generator, visitors: list[Visitor], starters: dict[int, Starter], known: Known, as_of: int
) -> Columns:
    """Return the sessions in which registrations are started and finished."""
    rows: list[tuple[int, int, int, int, bool]] = []
    seen: dict[int, list[int]] = {}
    for number, visitor in enumerate(visitors):
        if visitor.person in starters:
            seen.setdefault(visitor.person, []).append(number)
    for who, numbers in seen.items():
        rows += _start(rng, visitors, numbers, starters[who], known, as_of)
    columns = list(zip(*rows, strict=True)) or [()] * 5
    kinds = (np.int64, np.int64, np.int8, np.int64, bool)
    return tuple(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True))  # type: ignore[return-value] - as many columns as kinds


def _start(
    rng: np.random.Generator, visitors: list[Visitor], numbers: list[int], starter: Starter, known: Known, as_of: int
) -> list[tuple[int, int, int, int, bool]]:
    """Return one starter's session: look, log in when planned, start, and finish or not."""
    mine, now = numbers[0], (as_of - starter.ago) * 1000
    before = [PAGE, IDENTIFY, SIGNED_IN, WORKSHOP, STARTED] if visitors[mine].user else [PAGE, WORKSHOP, STARTED]
    rows = _session(mine, visitors[mine], before, now)
    known.started[_bearer(visitors[mine])] = now // 1000
    if starter.state == "finished_at_once":
        rows += _session(mine, visitors[mine], [COMPLETED], now + 400_000)[-1:]
        known.finished.add(_bearer(visitors[mine]))
    elif starter.state == "finished_elsewhere":
        other = next(n for n in numbers if visitors[n].site != visitors[mine].site)
        later = now + int(rng.integers(3_600_000, 20 * 3_600_000))
        what = [PAGE, IDENTIFY, SIGNED_IN, COMPLETED] if visitors[other].user else [PAGE, COMPLETED]
        rows += _session(other, visitors[other], what, later)
        known.finished.add(_bearer(visitors[other]))
    elif rng.random() < 0.1:  # hesitates: starts twice within minutes
        rows += _session(mine, visitors[mine], [STARTED], now + 150_000)
    return rows


def _session(number: int, visitor: Visitor, whats: list[int], last: int) -> list[tuple[int, int, int, int, bool]]:
    """Return events 20 seconds apart of which the last is at ``last`` (ms); a landing bears its signed link."""
    known = int(bool(visitor.user))
    begin = last - 20_000 * (len(whats) - 1)
    return [
        (number, what, known if n or len(whats) == 1 else 0, begin + 20_000 * n, n == 0 and what == PAGE)
        for n, what in enumerate(whats)
    ]


def _bearer(visitor: Visitor) -> tuple[str, str]:
    """Return the identity that a browser's events bear: the user's where one is logged in."""
    return ("customer:shop", visitor.user) if visitor.user else (f"anonymous:{SITES[visitor.site]}", visitor.anonymous)


def _crawlers(rng: np.random.Generator, others: int, as_of: int) -> Columns:
    """Return the page views of crawlers."""
    count = round(others * rates.BOTS / (1 - rates.BOTS))
    at = as_of * 1000 - 900_000 - rng.integers(0, WINDOW * 1000, count)
    blank = np.zeros(count, np.int8)
    return np.full(count, -1), np.full(count, PAGE), blank, at, np.zeros(count, bool)
