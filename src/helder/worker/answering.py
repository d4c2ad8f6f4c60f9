"""Answering questions over the socket: asyncio for the frames, a pool of threads for the work."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from helder.errors import Cancelled, HelderError, InvalidInput, NotFound, place
from helder.worker.protocol import (
    LENGTH_BYTES,
    LONGEST_FRAME,
    Answer,
    Call,
    Cancel,
    Failure,
    Frame,
    Progress,
    failure_of,
    pack,
    socket_path,
    unpack,
)

Handler: TypeAlias = Callable[..., Any]
"""Answers one kind of question. Its parameters are the call's arguments by name; one called ``progress`` is given a
function to report with, which raises ``Cancelled`` when the answer is no longer wanted."""

_log = logging.getLogger("helder.worker")


class Answering:
    """Serves calls on ``<data>/worker.sock``."""

    def __init__(self, data: Path, handlers: Mapping[str, Handler], threads: int = 8) -> None:
        """Answer with ``handlers``, at most ``threads`` at once."""
        self._data, self._handlers = data, handlers
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Begin to listen; only the owner of the data folder may connect."""
        path = socket_path(self._data)
        path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._connected, str(path))
        path.chmod(0o600)

    async def close(self) -> None:
        """Stop listening; answers under way are given up."""
        if self._server is not None:
            self._server.close()
        socket_path(self._data).unlink(missing_ok=True)
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it closes; what it asked for is then cancelled."""
        calls: dict[int, threading.Event] = {}
        tasks: set[asyncio.Task[None]] = set()
        try:
            while (frame := await read_frame(reader)) is not None:
                if isinstance(frame, Cancel) and frame.id in calls:
                    calls[frame.id].set()
                elif isinstance(frame, Call):
                    calls[frame.id] = threading.Event()
                    task = asyncio.create_task(self._serve(frame, calls, writer))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
        finally:
            for cancelled in calls.values():
                cancelled.set()
            writer.close()

    async def _serve(self, call: Call, calls: dict[int, threading.Event], writer: asyncio.StreamWriter) -> None:
        """Answer one call."""
        loop = asyncio.get_running_loop()
        cancelled = calls[call.id]

        def progress(value: object) -> None:
            if cancelled.is_set():
                raise Cancelled("cancelled by the one who asked")
            loop.call_soon_threadsafe(_send, writer, Progress(call.id, value))

        answer = await loop.run_in_executor(self._pool, answer_call, self._handlers, call, progress)
        calls.pop(call.id, None)
        _send(writer, answer)


def answer_call(handlers: Mapping[str, Handler], call: Call, progress: Callable[[object], None]) -> Frame:
    """Return the answer to ``call``, or why there is none."""
    try:
        handler = handlers.get(call.name)
        if handler is None:
            raise NotFound(f"the worker knows no question called {call.name}")
        return Answer(call.id, handler(**_arguments(handler, call, progress)))
    except HelderError as error:
        return failure_of(call.id, error)
    except Exception as error:  # noqa: BLE001 - a defect here must not end the worker, nor show values to the caller
        _log.error("call failed", extra={"call": call.name, "error": type(error).__name__, "where": place(error)})
        return Failure(call.id, "internal", f"{call.name} failed in the worker; see its log ({type(error).__name__})")


def _arguments(handler: Handler, call: Call, progress: Callable[[object], None]) -> dict[str, Any]:
    """Return what ``handler`` is called with; arguments that do not fit are the caller's mistake."""
    signature = inspect.signature(handler)
    arguments = {**call.args, "progress": progress} if "progress" in signature.parameters else call.args
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise InvalidInput(f"{call.name}: {error}") from error
    return arguments


def _send(writer: asyncio.StreamWriter, frame: Frame) -> None:
    if not writer.is_closing():
        writer.write(pack(frame))


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """Return the next frame, or ``None`` when the connection ended, or what came is no frame."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "big")
        if length > LONGEST_FRAME:
            return None
        return unpack(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
        return None
