"""Profiles over HTTP, 500 a second, while events come in at 1,000 a second and someone builds a segment.

Each request asks for another person, by e-mail address, customer number or anonymous id; the answer has the golden
record, the identities and the memberships. A count of a segment, with another window each time, runs in the worker
every second. Requests are timed from the moment that they were due.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import time
from urllib.parse import quote

from hundred import rules
from large import Large, open_large
from measurement import Context, Measurement
from running import SOURCE, WRITE_KEY, Place, anonymous, api_key, installed, save_segments
from traffic import Requests, get, percentile, post, said, steadily
from visitors import Visitors

SECONDS = int(os.environ.get("HELDER_BENCH_SECONDS", "60"))
ASKED, RATE, BATCH = 500, 1_000, 10
SEGMENTS = 10
"""Segments that are kept true, so that there are memberships to show."""


def measure(context: Context) -> list[Measurement]:
    """Measure on the large company, or the small one when ``HELDER_BENCH_SMALL`` is set."""
    company = open_large(small=bool(os.environ.get("HELDER_BENCH_SMALL")))
    with installed(company, context.data / "place") as place:
        save_segments(place, dict(list(rules().items())[:SEGMENTS]))
        key = api_key(place)
        with place.serving("worker", "web"):
            client = place.worker()
            client.call("settle", seconds=900.0)
            client.close()
            delays = asyncio.run(drive(place, key, context))
    context.say(f"profiles: {said(delays)}")
    return [
        Measurement(bench="profile_api.p99", value=percentile(delays, 0.99) * 1e3, unit="ms", n=len(delays), runs=1)
    ]


async def drive(place: Place, key: str, context: Context) -> list[float]:
    """Ask for profiles, send events and count, all at once; return the seconds of each profile."""
    asking, sending = Requests(place.port, 16), Requests(place.port, 8)
    await asking.open()
    await sending.open()
    delays: list[float] = []
    chance, visitors = random.Random(5), Visitors(place.company.people, seed=int(time.time()))

    def ask(_number: int, due: float) -> None:
        done = asking.send(get(path(place.company, chance), key))
        done.add_done_callback(lambda answered: delays.append((answered.result() or due + 60) - due))

    def come(_number: int, _due: float) -> None:
        sending.send(post("/v1/batch", {"batch": [visitors.event() for _ in range(BATCH)]}, WRITE_KEY))

    counting = asyncio.create_task(count_for_ever(place))
    await asyncio.gather(steadily(ASKED, SECONDS, ask), steadily(RATE / BATCH, SECONDS, come))
    counting.cancel()
    await asyncio.sleep(1)
    context.say(f"{asking.failed} profiles and {sending.failed} batches were refused")
    asking.close()
    sending.close()
    return delays


async def count_for_ever(place: Place) -> None:
    """Count a rule that nobody counted before, every second."""
    for days in itertools.count(1):
        begun = time.monotonic()
        rule = f'{{"behaviour": "Product Viewed", "times": 2, "in_last": "{days} hours"}}'
        await asyncio.to_thread(count, place, rule)
        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - begun)))


def count(place: Place, rule: str) -> None:
    """Ask the worker, as the builder does."""
    client = place.worker()
    try:
        client.call("segment_count", rule=rule)
    finally:
        client.close()


def path(company: Large, chance: random.Random) -> str:
    """Return the address of somebody's profile, by one of their identities."""
    person = chance.randrange(company.people // 2) * 2 + 1
    identities = (
        ("email", f"p{person}@example.org"),
        ("customer:erp", f"E{person:07}"),
        (f"anonymous:{SOURCE}", anonymous(person)),
    )
    kind, value = chance.choice(identities)
    return f"/v1/profiles/{quote(kind, safe='')}/{quote(value, safe='')}"
