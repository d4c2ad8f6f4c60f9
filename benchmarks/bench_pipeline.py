"""A full inbox, emptied for a minute by the worker: events to resolved facts and projections, on 50M events.

The inbox holds more than can be taken in; 5% of the events are of visitors never seen before, the others are spread
evenly over half a million people: every event touches other pages. There are no segments: see ``trigger`` for those.
What is counted is what both projections have, by the numbers of the stores.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import msgspec

from helder.clock import stored
from helder.collect.event import Entry
from helder.collect.inbox import Inbox
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from large import open_large
from measurement import Context, Measurement
from running import SOURCE, Place, installed, memory
from visitors import Visitors

SECONDS = int(os.environ.get("HELDER_BENCH_SECONDS", "60"))
WAITING = int(os.environ.get("HELDER_BENCH_EVENTS", "2400000"))
BATCH = 10


def measure(context: Context) -> list[Measurement]:
    """Measure on the large company, or the small one when ``HELDER_BENCH_SMALL`` is set."""
    company = open_large(small=bool(os.environ.get("HELDER_BENCH_SMALL")))
    with installed(company, context.data / "place") as place:
        fill(place)
        with place.serving("worker") as running:
            done: list[tuple[float, int]] = []
            sizes: list[float] = []
            begun = time.perf_counter()
            while (now := time.perf_counter()) - begun < SECONDS and (not done or done[-1][1] < WAITING):
                done.append((now, projected(place)))
                sizes.append(memory(running["worker"]))
                time.sleep(0.5)
    seconds, events = done[-1][0] - done[0][0], done[-1][1] - done[0][1]
    grown = sizes[-1] - sizes[len(sizes) // 2]
    context.say(f"{events:,} events in {seconds:.1f} s: {events / seconds:,.0f} a second; worker {sizes[-1]:,.0f} MB")
    rate = Measurement(bench="pipeline.rate", value=events / seconds, unit="events/s", n=events, runs=1)
    return [rate, Measurement(bench="pipeline.memory", value=grown, unit="MB", n=events, runs=1)]


def projected(place: Place) -> int:
    """Return how many events have gone through receive, resolve and project: what the slowest stage is done with."""
    client = place.worker()
    try:
        stages = client.call("status")["stages"]
    finally:
        client.close()
    ended = min(stages["receive"]["rows"], stages["project"]["rows"])
    return int(ended)


def fill(place: Place) -> None:
    """Put events into the inbox, as the front door does: parsed from JSON, ten to a request."""
    inbox = Inbox(place.data / "inbox.db")
    visitors = Visitors(place.company.people, seed=int(time.time()))
    now = stored(datetime.now(UTC))
    for start in range(0, WAITING, 10_000):
        entries = []
        for number in range(10_000 // BATCH):
            body = msgspec.json.encode({"batch": [visitors.event() for _ in range(BATCH)]})
            received = Received(source=SOURCE, at=now, request_id=f"{start}-{number}", user_agent="")
            parsed = parse(body, "batch", received)
            if not isinstance(parsed, Parsed):
                raise TypeError(f"the request was refused: {parsed}")
            entries.append(Entry(parsed.events, parsed.rejected))
        inbox.append(entries)
    inbox.close()
