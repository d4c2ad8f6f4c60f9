"""The browsers' side: send all web events to the collector over HTTP, as the analytics library does.

Most events go in batches of a hundred, as a library does that was offline for a while; at least one in twenty goes in
a request of its own. Nothing is lost: what the collector refuses for now is sent again, with the same message ids.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

import msgspec

from helder.demo.company.layout import SITES, WRITE_KEYS, Company
from helder.demo.faults import DemoFault
from helder.demo.http import Connection, insist

BATCH = 100  # events
PATHS = {"p": "/v1/page", "t": "/v1/track", "i": "/v1/identify"}

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]


class Sent(msgspec.Struct):
    """What was sent. ``retried`` counts the requests that had to be sent again."""

    events: int = 0
    requests: int = 0
    singles: int = 0
    retried: int = 0


class Parcel(msgspec.Struct, frozen=True):
    """One request: the events of one site, from browsers whose clocks are off by ``skew`` seconds."""

    site: int
    path: str
    events: list[bytes]
    skew: int

    def body(self, clock: Clock) -> bytes:
        """Return the request's bytes; ``sentAt`` is by the browser's own clock, as the timestamps are."""
        sent_at = (clock() + timedelta(seconds=self.skew)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3].encode()
        if self.path == "/v1/batch":
            return b'{"batch":[' + b",".join(self.events) + b'],"sentAt":"' + sent_at + b'Z"}'
        return self.events[0][:-1] + b',"sentAt":"' + sent_at + b'Z"}'


async def send(
    company: Company, base: str, clock: Clock, connections: int = 6, progress: Progress | None = None
) -> Sent:
    """Send all web events of the company to the collector.

    Args:
        company: whose browsers these are.
        base: the server's address, such as ``http://127.0.0.1:8700``.
        clock: tells the time as an aware UTC datetime.
        connections: how many requests are under way at once.
        progress: called with (events sent, events in all) after every request.

    Returns:
        What was sent; every event was taken by the server.

    Raises:
        DemoFault: when the server does not take an event, however often it is sent.
    """
    sent, parcels = Sent(), _parcels(company)
    headers = [write_key_header(site) for site in range(len(SITES))]

    async def browse() -> None:
        async with Connection(base) as connection:
            for parcel in parcels:
                await _deliver(connection, headers[parcel.site], parcel, clock, sent)
                if progress is not None:
                    progress(sent.events, company.events)

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(browse())
    return sent


def write_key_header(site: int) -> str:
    """Return the header lines by which a site's events are known to be its own."""
    key = base64.b64encode(f"{WRITE_KEYS[site]}:".encode()).decode()
    return f"Authorization: Basic {key}\r\nContent-Type: application/json\r\n"


async def _deliver(connection: Connection, headers: str, parcel: Parcel, clock: Clock, sent: Sent) -> None:
    """Send one parcel until it is taken."""
    answer, tries = await insist(connection, "POST", parcel.path, headers, partial(parcel.body, clock))
    if answer.status != 200:
        raise DemoFault(f"POST {parcel.path}: the collector answered {answer.status}: {answer.body[:300]!r}")
    sent.events += len(parcel.events)
    sent.requests += 1
    sent.singles += parcel.path != "/v1/batch"
    sent.retried += tries - 1


def _parcels(company: Company) -> Iterator[Parcel]:
    """Yield requests in order of time, as far as a batch allows."""
    waiting: list[list[bytes]] = [[] for _ in SITES]
    with (company.traffic / "events.jsonl").open("rb") as lines:
        for line in lines:
            head, _, event = line[:-1].partition(b"\t")
            site = head[0] - 48
            if head[2:3] == b"1":
                yield Parcel(site, PATHS[chr(head[1])], [event], int(head[4:]))
                continue
            waiting[site].append(event)
            if len(waiting[site]) == BATCH:
                yield Parcel(site, "/v1/batch", waiting[site], 0)
                waiting[site] = []
    for site, events in enumerate(waiting):
        if events:
            yield Parcel(site, "/v1/batch", events, 0)
