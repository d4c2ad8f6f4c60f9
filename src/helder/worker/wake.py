"""Waking the worker and the senders: one byte to a datagram socket, sent and forgotten.

Nobody depends on it: who is not woken looks by itself a moment later.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from helder.worker.protocol import senders_path, wake_path


class Waker:
    """Tells the worker that something came in. When no worker listens, nothing is lost: it looks every tick."""

    def __init__(self, data: Path) -> None:
        """Wake the worker of the data folder ``data``."""
        self._path = str(wake_path(data))
        self._socket = _sending()

    def __call__(self) -> None:
        """Send the byte; a full buffer means that the worker is being woken already."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", self._path)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class SendersWaker:
    """Tells every sender that there are messages in the outbox."""

    def __init__(self, data: Path) -> None:
        """Wake the senders of the data folder ``data``."""
        self._folder = senders_path(data)
        self._socket = _sending()

    def __call__(self) -> None:
        """Send each a byte. The socket of a sender that was killed is cleared away."""
        for path in self._folder.glob("*.sock"):
            try:
                self._socket.sendto(b"!", str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:
                continue  # its buffer is full, so that it is being woken already; or it has just gone

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def sender_path(data: Path) -> Path:
    """Return the socket at which this process, a sender, is woken; its folder is made."""
    folder = senders_path(data)
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{os.getpid()}.sock"


@contextlib.contextmanager
def woken_at(path: Path, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Iterator[None]:
    """Call ``wake`` in ``loop`` when datagrams come to the socket at ``path``, which is made and taken away."""
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
    listening.bind(str(path))
    path.chmod(0o600)

    def drain() -> None:
        with contextlib.suppress(BlockingIOError):
            while listening.recv(16):
                pass
        wake()

    loop.add_reader(listening, drain)
    try:
        yield
    finally:
        loop.remove_reader(listening)
        listening.close()
        path.unlink(missing_ok=True)


def _sending() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
