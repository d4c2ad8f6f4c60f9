"""The web process: Granian in this process's own event loop."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from typing import Any

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from helder.server.address import check_free
from helder.web.pages.live import end_streams

_log = logging.getLogger("helder.web")
DRAIN_SECONDS = 10
HEADER_SECONDS = 10
"""Longest time for the head of a request, and for the silence between two: who holds a connection open must use it."""
HEADER_BYTES = 64 * 1024
"""Most bytes of a request's head."""
MOST_CONNECTIONS = 2_048
"""Connections at once; more of them wait to be accepted. Systemd's and Docker's limits of open files lie above it."""

SWITCH_SECONDS = 0.0005
"""Longest time that the loop waits for a thread that writes (the inbox, the audit trail) to let it go on; Python's own
5 ms would be a good part of what a request may take."""


def run_web(app: Any, host: str, port: int) -> None:
    """Serve ``app`` until SIGTERM or SIGINT; requests under way are answered first.

    Raises:
        SettingsError: when the address cannot be listened on.
    """
    check_free(host, port)
    sys.setswitchinterval(SWITCH_SECONDS)
    uvloop.run(_serve(app, host, port))


async def _serve(app: Any, host: str, port: int) -> None:
    """Run Granian until told to stop."""
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
        backlog=1024,
        backpressure=MOST_CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=HEADER_BYTES),
    )
    server.workers_kill_timeout = DRAIN_SECONDS
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, server)
    _log.info("listening", extra={"host": host, "port": port})
    await server.serve()
    _log.info("stopped")


def _stop(server: Server) -> None:
    """Take no more requests, and end the streams of pages that are open."""
    end_streams()
    server.stop()
