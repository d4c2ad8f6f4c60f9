"""Senders are woken, and who cannot be woken is no trouble."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from helder.worker.protocol import LONGEST_SOCKET_NAME, senders_path
from helder.worker.wake import SendersWaker, sender_path, woken_at


@pytest.mark.parametrize("depth", [0, 120])
def test_a_sender_is_woken_at_once(tmp_path: Path, depth: int) -> None:
    """By a byte to its socket, wherever the data folder lies; afterwards the socket is gone, and waking is harmless."""
    data = tmp_path / ("d" * depth) if depth else tmp_path
    data.mkdir(exist_ok=True)
    waker = SendersWaker(data)

    async def woken() -> None:
        event = asyncio.Event()
        with woken_at(sender_path(data), asyncio.get_running_loop(), event.set):
            waker()
            await asyncio.wait_for(event.wait(), 5)

    asyncio.run(woken())
    assert len(str(sender_path(data))) <= LONGEST_SOCKET_NAME
    assert not list(senders_path(data).iterdir())
    waker()
    waker.close()


def test_the_socket_of_a_killed_sender_is_cleared_away(tmp_path: Path) -> None:
    """It keeps no other sender from being woken."""
    path = sender_path(tmp_path).with_name("1.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(path))
    waker = SendersWaker(tmp_path)
    waker()
    waker.close()
    assert not path.exists()
