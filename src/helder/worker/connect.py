"""For commands: the running worker when there is one, else the worker's work in the command's own process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from helder.clock import Clock, Monotone
from helder.errors import Unavailable
from helder.pipeline import run_once
from helder.settings import load_settings
from helder.worker.answering import Handler, answer_call
from helder.worker.client import Client, settled
from helder.worker.lock import FolderLock
from helder.worker.protocol import LENGTH_BYTES, Call, pack, unpack
from helder.worker.rounds import Work

FOR_COMMANDS = ("receive", "resolve", "project", "refresh")
"""Stages that a command without a server runs: it brings data up to date, and sets no journey in motion."""

_CHANGING = frozenset({"source_sync", "profile_merge", "profile_split", "profile_undo"})
"""Questions after which a command without a server runs those stages: no worker will do it for whoever asks next."""


class Asking(Protocol):
    """Something that answers the worker's questions."""

    def call(
        self,
        name: str,
        /,
        *,
        expect: Any = Any,
        progress: Callable[[Any], None] = ...,
        **args: object,
    ) -> Any:
        """Ask a question; see ``Client.call``."""
        ...


class Within:
    """Answers in this process; what goes in and out passes through the same bytes as over the socket."""

    def __init__(self, handlers: Mapping[str, Handler]) -> None:
        """Answer with ``handlers``."""
        self._handlers = handlers
        self._numbers = count(1)

    def call(
        self,
        name: str,
        /,
        *,
        expect: Any = Any,
        progress: Callable[[Any], None] = lambda _value: None,
        **args: object,
    ) -> Any:
        """Ask a question; see ``Client.call``."""
        asked = unpack(pack(Call(next(self._numbers), name, args))[LENGTH_BYTES:])
        if not isinstance(asked, Call):
            raise TypeError(asked)
        answer = settled(unpack(pack(answer_call(self._handlers, asked, progress))[LENGTH_BYTES:]), expect)
        if name in _CHANGING and "settle" in self._handlers:
            self._handlers["settle"]()
        return answer


@contextmanager
def connect(data: Path) -> Iterator[Asking]:
    """Ask the worker of the data folder ``data``, or be it for as long as no server runs.

    Raises:
        DataFolderInUse: when another command is being the worker.
        SettingsError: when the settings cannot be used.
    """
    try:
        client = Client(data)
    except Unavailable:
        with _within(data) as within:
            yield within
    else:
        try:
            yield client
        finally:
            client.close()


@contextmanager
def _within(data: Path) -> Iterator[Within]:
    """Open everything here, under the worker's lock, and close it afterwards."""
    from helder.wiring.house import open_house
    from helder.worker.questions import questions

    clock = Monotone()
    data.mkdir(parents=True, exist_ok=True)
    with FolderLock(data, "worker"):
        house = open_house(load_settings(data), clock)
        try:
            yield Within({**questions(house), "settle": settle_handler(house, clock), "ping": lambda: "pong"})
        finally:
            house.close()


def settle_handler(work: Work, clock: Clock) -> Handler:
    """Return the question ``settle`` for a process without rounds: run the stages until they find nothing to do."""

    def settle() -> bool:
        stages = [stage for stage in work.stages if stage.name in FOR_COMMANDS]
        while True:
            ran = run_once(stages, clock())
            if any(each.failed for each in ran):
                return False
            if not any(each.rows for each in ran):
                return True

    return settle
