"""Helder itself, started as its own process, as an operator would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from helder.errors import Unavailable
from helder.server.roles import CHILD
from helder.worker.client import Client

_START_SECONDS = 30.0
_STOP_SECONDS = 40.0


class Server:
    """``helder serve`` on a data folder, until closed."""

    def __init__(self, data: Path, port: int, settings: Mapping[str, str | int]) -> None:
        """Start it; ``settings`` are written to ``helder.toml``, so that it can be started again by hand."""
        self.data, self.base = data, f"http://127.0.0.1:{port}"
        data.mkdir(parents=True, exist_ok=True)
        self._log = (data / "server.log").open("ab")
        given = {"port": port, **settings}
        lines = (f"{name} = {json.dumps(value)}\n" for name, value in given.items())  # a JSON string is a TOML string
        (data / "helder.toml").write_text("".join(lines), "utf-8")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
            [sys.executable, "-m", "helder", "serve", "--data", str(data)],
            env={**_unset(os.environ), CHILD: "1"},
            stdin=subprocess.PIPE,  # it ends with this process, however that ends
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._port = port

    def ready(self) -> Client:
        """Wait until both the web process and the worker answer; return a connection to the worker.

        Raises:
            Unavailable: when it ends or takes too long; the message names its log.
        """
        give_up = time.monotonic() + _START_SECONDS
        while time.monotonic() < give_up and self._process.poll() is None:
            try:
                client = Client(self.data)
            except Unavailable:
                time.sleep(0.05)
                continue
            if self._listens():
                return client
            client.close()
            time.sleep(0.05)
        self.close()
        raise Unavailable(f"Helder did not start; see {self.data / 'server.log'}")

    def _listens(self) -> bool:
        """Tell whether the web process accepts connections."""
        try:
            socket.create_connection(("127.0.0.1", self._port), timeout=1).close()
        except OSError:
            return False
        return True

    def wait(self) -> None:
        """Wait until it ends."""
        self._process.wait()

    def close(self) -> None:
        """Stop it in good order."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._log.close()


def _unset(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without settings of another Helder: they would go before the file."""
    return {name: value for name, value in environ.items() if not name.startswith("HELDER_")}


def free_port(wanted: int) -> int:
    """Return ``wanted`` when it is free on this machine, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("no port is free on this machine")
