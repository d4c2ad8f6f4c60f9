"""The web process: Granian in this process's own event loop."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import Any

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server

from helder.server.address import check_free

_log = logging.getLogger("helder.web")
DRAIN_SECONDS = 10


def run_web(app: Any, host: str, port: int) -> None:
    """Serve ``app`` until SIGTERM or SIGINT; requests under way are answered first.

    Raises:
        SettingsError: when the address cannot be listened on.
    """
    check_free(host, port)
    uvloop.run(_serve(app, host, port))


async def _serve(app: Any, host: str, port: int) -> None:
    """Run Granian until told to stop."""
    server = Server(
        app, address=host, port=port, interface=Interfaces.ASGI, websockets=False, log_enabled=False, backlog=1024
    )
    server.workers_kill_timeout = DRAIN_SECONDS
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    _log.info("listening", extra={"host": host, "port": port})
    await server.serve()
    _log.info("stopped")
