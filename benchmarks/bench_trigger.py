"""From an event to a membership, and to a mail, while 1,000 events a second come in and 100 segments are kept true.

Every fiftieth event is the one that a segment and a journey without a wait are about. It is sent alone; its clock
starts when the answer 200 arrives, and stops when another process sees the membership in ``online``, and when the mail
server has the whole mail. All processes are the product's own: web, worker and one sender. The tail of events is moved
to history every minute meanwhile, as always.

Beside it: what it would cost to run all 100 segments over everyone, as often as they are refreshed for those touched.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from helder.store.keys import identity_id
from hundred import TRIGGER, rules
from large import Large, open_large
from mails import MailServer
from measurement import Context, Measurement
from running import WRITE_KEY, Place, begin_journey, free_port, installed, save_segments, willing
from traffic import Requests, percentile, post, said, steadily
from visitors import Visitors

SECONDS = int(os.environ.get("HELDER_BENCH_SECONDS", "300"))
RATE, TRIGGERING, BATCH = 1_000, 20, 10
"""Events a second in all, and triggering ones among them; how many of the others go in one request."""
CONNECTIONS = 16
LOOK_SECONDS = 0.005
SETTLE_SECONDS = 10.0


class Seen(msgspec.Struct):
    """Moments by person."""

    accepted: dict[int, float] = msgspec.field(default_factory=dict)
    member: dict[int, float] = msgspec.field(default_factory=dict)
    mailed: dict[int, float] = msgspec.field(default_factory=dict)

    def accept(self, person: int, at: float | None) -> None:
        """Note when the event of a person was accepted, if it was."""
        if at is not None:
            self.accepted.setdefault(person, at)

    def delays(self, reached: dict[int, float]) -> list[float]:
        """Return the seconds from the answer until what was ``reached``."""
        return [max(0.0, reached[each] - at) for each, at in self.accepted.items() if each in reached]


def measure(context: Context) -> list[Measurement]:
    """Measure on the large company, or the small one when ``HELDER_BENCH_SMALL`` is set."""
    company = open_large(small=bool(os.environ.get("HELDER_BENCH_SMALL")))
    port = free_port()
    settings = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "never"}
    with installed(company, context.data / "place", settings) as place:
        segments = save_segments(place, rules())
        begin_journey(place, TRIGGER)
        with place.serving("worker", "web", "sender"):
            everyone = compute_all(place, context)
            before = stages(place)
            seen = asyncio.run(drive(place, segments[TRIGGER], port, context))
            after = stages(place)
    return told(context, seen, everyone, spent(before, after, context))


def told(context: Context, seen: Seen, everyone: float, refresh: float) -> list[Measurement]:
    """Return the figures. What never came counts as missed: it is left out of no percentile."""
    member, mail = seen.delays(seen.member), seen.delays(seen.mailed)
    context.say(f"membership: {said(member)}")
    context.say(f"mail: {said(mail)}")
    for what, reached in (("became members", seen.member), ("were mailed", seen.mailed)):
        if lost := sorted(set(seen.accepted) - set(reached)):
            raise RuntimeError(f"{len(lost)} people never {what}, such as {lost[:5]}")
    figure = lambda name, value, n: Measurement(bench=f"trigger.{name}", value=value * 1e3, unit="ms", n=n, runs=1)  # noqa: E731 - short name for a row
    return [
        figure("member_p95", percentile(member, 0.95), len(member)),
        figure("member_p99", percentile(member, 0.99), len(member)),
        figure("mail_p95", percentile(mail, 0.95), len(mail)),
        Measurement(bench="trigger.refresh", value=refresh, unit="s", n=len(member), runs=1, baseline=everyone),
    ]


def compute_all(place: Place, context: Context) -> float:
    """Let the worker compute all segments over everyone, as at its first start; return the seconds that took."""
    begun = time.perf_counter()
    with_worker(place, lambda client: client.call("settle", seconds=900.0))
    seconds = stages(place)["refresh"]["seconds"]
    context.say(
        f"100 segments over everyone: {seconds:.1f} s (first round done after {time.perf_counter() - begun:.0f} s)"
    )
    return seconds


def stages(place: Place) -> dict[str, Any]:
    """Return how the stages of the worker fare."""
    status = with_worker(place, lambda client: client.call("status"))
    return dict(status["stages"])


def with_worker(place: Place, ask: Callable[[Any], Any]) -> Any:
    """Ask the worker something."""
    client = place.worker()
    try:
        return ask(client)
    finally:
        client.close()


def spent(before: dict[str, Any], after: dict[str, Any], context: Context) -> float:
    """Tell where the worker's time went; return the seconds of a refresh, per second of traffic."""
    for name, stage in after.items():
        seconds = stage["seconds"] - before[name]["seconds"]
        context.say(
            f"{name}: {seconds:.1f} s, {stage['rows'] - before[name]['rows']:,} rows, {stage['failures']} failures"
        )
    return (after["refresh"]["seconds"] - before["refresh"]["seconds"]) / SECONDS


async def drive(place: Place, segment: int, smtp_port: int, context: Context) -> Seen:
    """Send, look and catch; return when everything that was awaited came, or too late."""
    seen = Seen()
    mails = MailServer(smtp_port)
    await mails.start()
    requests = Requests(place.port, CONNECTIONS)
    await requests.open()
    stop = asyncio.Event()
    looking = asyncio.create_task(look(place.data / "online.db", segment, members(place.company), seen, stop))
    await send(place.company, requests, seen)
    await asyncio.sleep(SETTLE_SECONDS)
    stop.set()
    await looking
    requests.close()
    await mails.stop()
    seen.mailed.update(
        {number: at for address, at in mails.caught.items() for number in [int(address[1:].split("@")[0])]}
    )
    context.say(f"{len(seen.accepted):,} triggers, {len(seen.member):,} members, {len(seen.mailed):,} mails; "
                f"{requests.failed} requests failed")  # fmt: skip
    return seen


async def send(company: Large, requests: Requests, seen: Seen) -> None:
    """Send events at a steady rate: the triggering ones alone, the others in batches."""
    visitors = Visitors(company.people, seed=int(time.time()))
    people = itertools.cycle(willing(company))
    every = TRIGGERING + (RATE - TRIGGERING) // BATCH
    share = TRIGGERING / every

    def act(number: int, _due: float) -> None:
        if int((number + 1) * share) == int(number * share):
            requests.send(post("/v1/batch", {"batch": [visitors.event() for _ in range(BATCH)]}, WRITE_KEY))
            return
        person = next(people)
        done = requests.send(post("/v1/track", visitors.asks(person), WRITE_KEY))
        done.add_done_callback(lambda answered: seen.accept(person, answered.result()))

    await steadily(every, SECONDS, act)


async def look(online: Path, segment: int, person_of: dict[int, int], seen: Seen, stop: asyncio.Event) -> None:
    """Note when each person's membership is there for another process to see."""
    connection = sqlite3.connect(f"file:{online}?mode=ro", uri=True)
    statement = "SELECT seq, profile_id FROM member_change WHERE segment_id = ? AND entered AND seq > ? ORDER BY seq"
    last = 0
    while not stop.is_set():
        found = connection.execute(statement, (segment, last)).fetchall()
        at = time.time()
        for last, profile in found:  # noqa: B007 - the last one is where the next look begins
            seen.member.setdefault(person_of.get(profile, -1), at)
        await asyncio.sleep(LOOK_SECONDS)
    connection.close()


def members(company: Large) -> dict[int, int]:
    """Return profile id → number of the person; a profile is named after the e-mail address."""
    return {
        identity_id("email", f"p{person}@example.org", company.key): person
        for person in willing(company)[: SECONDS * TRIGGERING + 100]
    }
