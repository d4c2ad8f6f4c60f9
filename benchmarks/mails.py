"""A mail server that notes when it had each mail, and keeps none."""

from __future__ import annotations

import asyncio
import time

_ABILITIES = b"250-bench\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_OK = b"250 2.0.0 OK\r\n"


class MailServer:
    """Speaks as much SMTP (RFC 5321) as a sender needs."""

    def __init__(self, port: int) -> None:
        """Listen on ``port`` of this machine."""
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self.caught: dict[str, float] = {}
        """Address → moment of its first mail, as a Unix time."""

    async def start(self) -> None:
        """Listen, in the running loop."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self._port, limit=1 << 20)

    async def stop(self) -> None:
        """Hang up."""
        self._server.close()
        for writer in self._open:
            writer.close()
        await self._server.wait_closed()
        await asyncio.sleep(0.1)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        writer.write(b"220 bench ESMTP\r\n")
        to = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"DATA":
                writer.write(b"354 go ahead\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.caught.setdefault(to, time.time())
            writer.write(_ABILITIES if verb == b"EHLO" else _OK)
        self._open.discard(writer)
        writer.close()
