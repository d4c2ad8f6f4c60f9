"""Asking the worker, whether it runs or not: a command talks to the running one, or is one for a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from helder.clock import Clock, Monotone
from helder.errors import NotFound, Unavailable
from helder.pipeline import run_once
from helder.settings import load_settings
from helder.worker.answering import Handler, answer_call
from helder.worker.client import Client, settled
from helder.worker.lock import FolderLock
from helder.worker.protocol import Call, pack, unpack, LENGTH_BYTES


class Worker(Protocol):
    """Whoever answers questions."""

    def call(self, name: str, /, *, expect: Any = Any, progress: Callable[[Any], None] = ..., **args: object) -> Any:  # noqa: ANN401 - as Client.call
        """Ask the question ``name``; see ``Client.call``."""
        ...


@contextmanager
def connected(data: Path, clock: Clock | None = None) -> Iterator[Worker]:
    """Give a worker to ask: the running one of the data folder ``data``, or this process for as long as this lasts.

    Raises:
        NotFound: when there is no data folder.
        DataFolderInUse: when a worker runs but does not answer.
    """
    if not data.is_dir():
        raise NotFound(f"there is no data folder {data}; give --data, or make one with `helder serve --data {data}`")
    try:
        client = Client(data)
    except Unavailable:
        with _alone(data, clock or Monotone()) as worker:
            yield worker
    else:
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _alone(data: Path, clock: Clock) -> Iterator[Worker]:
    """Be the worker: under its lock, with the pipeline run until it is idle before the first answer and at the end."""
    from helder.wiring import open_house
    from helder.worker.questions import questions

    with FolderLock(data, "worker"):
        house = open_house(load_settings(data), clock)

        def settle(seconds: float = 0.0) -> bool:  # noqa: ARG001 - the same question takes it of a running worker
            while any(ran.rows for ran in run_once(house.stages, clock())):
                pass
            return True

        try:
            settle()
            yield _Alone({**questions(house), "settle": settle})
            settle()
        finally:
            house.close()


class _Alone:
    """Answers in this process, in the same words as over the socket."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        self._handlers = handlers

    def call(
        self,
        name: str,
        /,
        *,
        expect: Any = Any,  # noqa: ANN401 - as Client.call
        progress: Callable[[Any], None] = lambda _value: None,
        **args: object,
    ) -> Any:  # noqa: ANN401 - as Client.call
        """Ask the question ``name``; see ``Client.call``."""
        frame = answer_call(self._handlers, Call(0, name, msgspec.to_builtins(args)), progress)
        return settled(unpack(pack(frame)[LENGTH_BYTES:]), expect)
