"""The supervisor: starts the processes, restarts one that ends by itself, and stops all of them in order."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from types import FrameType

from helder.clock import stopwatch

STOP_ORDER = ("web", "worker", "sender")
"""Web first drains what came in, then the worker finishes its round, then senders their message."""
STOP_SECONDS = 30.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_SECONDS = 60.0
"""A process that ran this long is not crashing in a circle: its next restart is quick again."""

_log = logging.getLogger("helder.supervisor")


class Child:
    """One process that is kept running."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        """Run ``command`` as ``name`` (web, worker or sender)."""
        self.name, self._command = name, list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._pause, self._started, self._due = SHORTEST_PAUSE, 0.0, 0.0

    @property
    def pid(self) -> int | None:
        """Number of its process while it runs."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start it. Its standard input is a pipe that ends with the supervisor, however that ends."""
        self._started = stopwatch()
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            self._command, stdin=subprocess.PIPE, start_new_session=True
        )

    def tend(self) -> None:
        """Restart it when it has ended, after a pause that doubles each time."""
        if self._process is None or self._process.poll() is None:
            return
        if not self._due:
            steady = stopwatch() - self._started > STEADY_SECONDS
            self._pause = SHORTEST_PAUSE if steady else self._pause
            self._due = stopwatch() + self._pause
            _log.error("process ended", extra={"role": self.name, "status": self._process.returncode})
        elif stopwatch() >= self._due:
            self._due, self._pause = 0.0, min(self._pause * 2, LONGEST_PAUSE)
            self.start()

    def stop(self) -> None:
        """Ask it to end, wait, and end it by force when it does not."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                _log.error("process killed", extra={"role": self.name})
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


class Supervisor:
    """Keeps the children running until it is told to stop."""

    def __init__(self, children: Sequence[Child]) -> None:
        """Keep ``children`` running."""
        self._children = children
        self._stopped = threading.Event()

    def run(self, on_start: Callable[[], None] = lambda: None) -> None:
        """Start everything, and return when all has been stopped after SIGTERM, SIGINT or ``stop``."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told)
        for child in self._children:
            child.start()
        on_start()
        while not self._stopped.wait(0.2):
            for child in self._children:
                child.tend()
        for name in STOP_ORDER:
            for child in self._children:
                if child.name == name:
                    child.stop()

    def stop(self) -> None:
        """End ``run``."""
        self._stopped.set()

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped.set()


def follow_parent() -> None:
    """End this process, gracefully, when the supervisor that started it is gone: its end of our input closes."""

    def watch() -> None:
        while os.read(0, 1):  # not through sys.stdin: its lock would be held at the interpreter's end
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
