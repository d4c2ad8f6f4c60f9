"""The browsers of the soak: so many events a second to the front door, come what may.

``python benchmarks/soak_load.py <base> <rate> <minutes> <file>``: requests are due at fixed moments and their time is
taken from then, so that a server that stalls is not spared those that would have come meanwhile. Each line of the file:
second since the start, milliseconds of the answer, status.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import msgspec

from helder.demo.http import Connection, Gone

WRITE_KEY = "soak"
PEOPLE = 50_000
CONNECTIONS = 48
HEADERS = f"X-Write-Key: {WRITE_KEY}\r\nContent-Type: application/json\r\n"
BEGAN = "Workshop Registration Started"
_ENCODE = msgspec.json.encode
_NAMES = ("Product Viewed", "Products Searched", "Article Read", "Cart Viewed")


def requests(seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield requests of one event each: mostly reading, now and then somebody who signs in or begins to register."""
    chance = random.Random(seed)
    number = 0
    while True:
        number += 1
        person = int(PEOPLE * chance.random() ** 2)  # a few come often, most seldom
        who: dict[str, object] = {"anonymousId": f"browser-{person}", "messageId": f"soak-{seed}-{number}"}
        kind = chance.random()
        if kind < 0.02:
            traits = {"email": f"p{person}@lezer.example", "firstName": f"Noor {person}"}
            yield "/v1/identify", _ENCODE({**who, "userId": str(person), "traits": traits})
        elif kind < 0.025:
            yield "/v1/track", _ENCODE({**who, "userId": str(person), "event": BEGAN, "properties": {"workshop": 12}})
        elif kind < 0.5:
            page = {"url": f"https://tuin.example/artikel/{chance.randrange(3000)}", "title": "Artikel"}
            yield "/v1/page", _ENCODE({**who, "name": "Article", "context": {"page": page, "locale": "nl-NL"}})
        else:
            properties = {"product_id": chance.randrange(5000), "category": "tuin", "price": 12.5}
            yield "/v1/track", _ENCODE({**who, "event": chance.choice(_NAMES), "properties": properties})


async def main(base: str, rate: int, minutes: float, out: TextIO) -> None:
    """Send for so many minutes, each request until it is accepted."""
    due: asyncio.Queue[tuple[float, str, bytes] | None] = asyncio.Queue()
    began = time.monotonic()
    workers = [asyncio.create_task(_send(base, due, began, out)) for _ in range(CONNECTIONS)]
    source = requests(int(time.time()))
    total = round(rate * 60 * minutes)
    for number in range(total):
        moment = began + number / rate
        if (ahead := moment - time.monotonic()) > 0:
            await asyncio.sleep(ahead)
        due.put_nowait((moment, *next(source)))
    for _ in workers:
        due.put_nowait(None)
    await asyncio.gather(*workers)


async def _send(base: str, due: asyncio.Queue[tuple[float, str, bytes] | None], began: float, out: TextIO) -> None:
    async with Connection(base) as connection:
        while (request := await due.get()) is not None:
            moment, path, body = request
            status = 0
            while status != 200:
                try:
                    status = (await connection.ask("POST", path, HEADERS, body)).status
                except Gone:
                    status = 0
                out.write(f"{moment - began:.2f} {(time.monotonic() - moment) * 1000:.2f} {status}\n")
                if status != 200:
                    await asyncio.sleep(0.2)


if __name__ == "__main__":
    with Path(sys.argv[4]).open("w", encoding="utf-8") as file:
        asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), file))
