"""Questions over a real socket, from both clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from helder.errors import Cancelled, InvalidInput, NotFound, Unavailable
from helder.intelligence.segments.fault import RuleError, refuse
from helder.worker.answering import Answering
from helder.worker.client import AsyncClient, Client
from helder.worker.protocol import socket_path


class Point(msgspec.Struct, frozen=True):
    x: int
    y: tuple[int, ...]


CANCELLED = threading.Event()


def slow(progress: Callable[[object], None], rounds: int = 500) -> str:
    """Report every ten milliseconds; notes when it is cancelled."""
    try:
        for number in range(rounds):
            progress((number, rounds))
            time.sleep(0.01)
    except Cancelled:
        CANCELLED.set()
        raise
    return "done"


def fails() -> None:
    raise InvalidInput("the column klant is not there")


def breaks() -> None:
    raise ZeroDivisionError("jan@example.nl")


def misruled() -> None:
    refuse("rule.all[1]", "'wthin' is not known.")


HANDLERS: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b=1: a + b,
    "point": lambda: Point(1, (2, 3)),
    "array": lambda: {"ids": np.array([1, 2**62]), "one": np.int64(7)},
    "slow": slow,
    "fails": fails,
    "breaks": breaks,
    "misruled": misruled,
}


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose socket is served by a thread."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        answering = Answering(tmp_path, HANDLERS)
        await answering.open()
        ready.set()
        await stop.wait()
        await answering.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(5)
    CANCELLED.clear()
    yield tmp_path
    loop.call_soon_threadsafe(stop.set)
    thread.join(5)
    loop.close()


@pytest.fixture
def client(data: Path) -> Iterator[Client]:
    opened = Client(data)
    yield opened
    opened.close()


def test_a_question_is_answered(client: Client) -> None:
    """Arguments go by name, and a later question of the same connection too."""
    assert client.call("add", a=1, b=2) == 3
    assert client.call("add", a=1) == 2


def test_structs_and_arrays_come_over(client: Client) -> None:
    """A Struct arrives as the type that is expected, numpy's numbers as numbers."""
    assert client.call("point", expect=Point) == Point(1, (2, 3))
    assert client.call("array") == {"ids": [1, 2**62], "one": 7}


def test_an_error_arrives_as_itself(client: Client) -> None:
    """A Helder error keeps its kind and message; another tells nothing of its text."""
    with pytest.raises(InvalidInput, match="klant"):
        client.call("fails")
    with pytest.raises(NotFound, match="nothing"):
        client.call("nothing")
    with pytest.raises(InvalidInput, match="unexpected"):
        client.call("add", a=1, c=3)
    with pytest.raises(Exception, match="breaks failed") as caught:
        client.call("breaks")
    assert "jan@" not in str(caught.value)
    assert caught.value.code == "internal"
    assert client.call("add", a=1) == 2


def test_an_error_that_is_made_of_parts_arrives_as_itself(client: Client) -> None:
    """A fault in a rule keeps its kind and its words, though it is made of a path and a message."""
    with pytest.raises(RuleError) as caught:
        client.call("misruled")
    assert str(caught.value) == "rule.all[1]: 'wthin' is not known."


def test_progress_is_told_on_the_way(client: Client) -> None:
    """Each report of long work arrives before its answer."""
    seen: list[Any] = []
    assert client.call("slow", progress=seen.append, rounds=3) == "done"
    assert seen == [[0, 3], [1, 3], [2, 3]]


def test_work_is_cancelled_when_the_one_who_asked_is_gone(client: Client, data: Path) -> None:
    """Closing the connection ends the work at its next report."""

    def ask() -> None:
        with pytest.raises(Unavailable):
            client.call("slow")

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    client._socket.shutdown(2)
    assert CANCELLED.wait(5)
    thread.join()


def test_many_ask_at_once_over_one_connection(data: Path) -> None:
    """Answers find their questions, whatever their order; a slow one does not hold up a quick one."""

    async def ask() -> None:
        client = AsyncClient(data)
        slow_one = asyncio.create_task(client.call("slow", rounds=20))
        answers = await asyncio.gather(*(client.call("add", a=number) for number in range(50)))
        assert answers == [number + 1 for number in range(50)]
        assert not slow_one.done()
        assert await slow_one == "done"
        await client.close()

    asyncio.run(ask())


def test_a_question_that_takes_too_long_is_cancelled(data: Path) -> None:
    """After its time the caller gets an answer that says so, and the work ends."""

    async def ask() -> None:
        client = AsyncClient(data)
        with pytest.raises(Unavailable, match=r"0\.1 seconds"):
            await client.call("slow", timeout=0.1)
        assert await client.call("add", a=1) == 2
        await client.close()

    asyncio.run(ask())
    assert CANCELLED.wait(5)


def test_without_a_worker_the_answer_is_unavailable(tmp_path: Path) -> None:
    """Nobody listens: an error that says what to do, from both clients."""
    with pytest.raises(Unavailable, match="helder serve"):
        Client(tmp_path)
    with pytest.raises(Unavailable, match="helder serve"):
        asyncio.run(AsyncClient(tmp_path).call("ping"))


def test_only_the_owner_may_ask(data: Path) -> None:
    """The socket is closed to other users of the machine."""
    assert socket_path(data).stat().st_mode & 0o077 == 0


def test_bytes_that_are_no_frame_end_only_their_connection(data: Path, client: Client) -> None:
    """A stray program on the socket is cut off; others go on."""
    for junk in (b"\x00\x00\x00\x05hello", b"\xff\xff\xff\xff"):
        stray = Client(data)
        stray._socket.sendall(junk)
        stray._socket.settimeout(5)
        assert stray._socket.recv(10) == b""
        stray.close()
    assert client.call("add", a=1) == 2
