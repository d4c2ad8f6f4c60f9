"""Asking the worker: from a command (blocking) or from the web process (asyncio)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from helder.errors import Unavailable
from helder.worker.answering import read_frame
from helder.worker.protocol import (
    LENGTH_BYTES,
    Answer,
    Call,
    Cancel,
    Failure,
    Frame,
    Progress,
    error_of,
    pack,
    socket_path,
    unpack,
)

_NOT_RUNNING = "the worker does not answer; is `helder serve` running on this data folder?"


class Client:
    """A blocking connection to the worker. Threads may share it; calls then wait for each other."""

    def __init__(self, data: Path) -> None:
        """Connect to the worker of the data folder ``data``.

        Raises:
            Unavailable: when none listens.
        """
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(socket_path(data)))
        except OSError as error:
            self._socket.close()
            raise Unavailable(_NOT_RUNNING) from error
        self._numbers = count(1)
        self._guard = Lock()

    def call(
        self,
        name: str,
        /,
        *,
        expect: Any = Any,
        progress: Callable[[Any], None] = lambda _value: None,
        **args: object,
    ) -> Any:
        """Ask the question ``name`` and return its answer, converted to ``expect``.

        Args:
            name: of the question.
            expect: a Struct or other type to convert the answer to.
            progress: called with each report of long work.
            **args: the question's arguments.

        Raises:
            HelderError: the one that the worker raised.
            Unavailable: when the worker went away.
        """
        with self._guard:
            number = next(self._numbers)
            try:
                self._socket.sendall(pack(Call(number, name, args)))
                return self._answer(number, expect, progress)
            except KeyboardInterrupt:
                self._socket.sendall(pack(Cancel(number)))
                raise
            except OSError as error:
                raise Unavailable(_NOT_RUNNING) from error

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def _answer(self, number: int, expect: Any, progress: Callable[[Any], None]) -> Any:
        """Read frames until the answer to call ``number``."""
        while True:
            frame = unpack(self._exactly(int.from_bytes(self._exactly(LENGTH_BYTES), "big")))
            if frame.id != number:
                continue  # left over from a call that was interrupted
            if isinstance(frame, Progress):
                progress(frame.value)
            elif isinstance(frame, Answer | Failure):
                return settled(frame, expect)

    def _exactly(self, size: int) -> bytes:
        chunks = bytearray()
        while len(chunks) < size:
            chunk = self._socket.recv(min(size - len(chunks), 1 << 20))
            if not chunk:
                raise ConnectionResetError("the worker closed the connection")
            chunks += chunk
        return bytes(chunks)


class AsyncClient:
    """A connection that many calls share at once; it connects at the first call and again after a break."""

    def __init__(self, data: Path) -> None:
        """Ask the worker of the data folder ``data``."""
        self._path = str(socket_path(data))
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Frame]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()

    async def call(self, name: str, /, *, expect: Any = Any, timeout: float = 30.0, **args: object) -> Any:  # noqa: ASYNC109 - as Client.call; the caller's own timeout could not cancel at the worker
        """Ask the question ``name`` and return its answer; as ``Client.call``, without progress.

        Args:
            name: of the question.
            expect: a Struct or other type to convert the answer to.
            timeout: seconds after which the call is cancelled at the worker.
            **args: the question's arguments.

        Raises:
            HelderError: the one that the worker raised.
            Unavailable: when the worker is not there, or did not answer in time.
        """
        writer = await self._connected()
        number = next(self._numbers)
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        writer.write(pack(Call(number, name, args)))
        try:
            return settled(await asyncio.wait_for(waiting, timeout), expect)
        except (TimeoutError, asyncio.CancelledError) as error:
            writer.write(pack(Cancel(number)))
            if isinstance(error, TimeoutError):
                raise Unavailable(f"the worker did not answer within {timeout:g} seconds") from error
            raise
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """End the connection."""
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def _connected(self) -> asyncio.StreamWriter:
        """Return the connection's writer, made when there is none."""
        async with self._connecting:
            if self._writer is None or self._writer.is_closing():
                try:
                    reader, self._writer = await asyncio.open_unix_connection(self._path)
                except OSError as error:
                    raise Unavailable(_NOT_RUNNING) from error
                self._reading = asyncio.create_task(self._read(reader, self._writer))
            return self._writer

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand answers to those who wait, until the connection ends."""
        while (frame := await read_frame(reader)) is not None:
            waiting = self._waiting.get(frame.id)
            if waiting is not None and not waiting.done() and not isinstance(frame, Progress):
                waiting.set_result(frame)
        writer.close()
        for number, waiting in self._waiting.items():
            if not waiting.done():
                waiting.set_result(Failure(number, Unavailable.code, _NOT_RUNNING))


def settled(frame: Frame, expect: Any) -> Any:
    """Return the value of an answer, or raise the error of a failure."""
    if isinstance(frame, Failure):
        raise error_of(frame)
    value = frame.value if isinstance(frame, Answer) else None
    return value if expect is Any else msgspec.convert(value, expect)
