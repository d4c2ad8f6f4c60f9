"""Waking the worker: one byte to a datagram socket, sent and forgotten."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

from helder.worker.protocol import wake_path


class Waker:
    """Tells the worker that something came in. When no worker listens, nothing is lost: it looks every tick."""

    def __init__(self, data: Path) -> None:
        """Wake the worker of the data folder ``data``."""
        self._path = str(wake_path(data))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)

    def __call__(self) -> None:
        """Send the byte; a full buffer means that the worker is being woken already."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"!", self._path)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
