"""An SMTP server that delivers nothing: it keeps each mail it is given as a file.

It speaks the little SMTP (RFC 5321, with PIPELINING, 8BITMIME and SMTPUTF8) that a sender of newsletters needs.
Tests may let it be slow or refuse recipients.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path
from typing import Self

import msgspec

HELLO = b"220 catcher.lentehof.example ESMTP\r\n"
ABILITIES = b"250-catcher.lentehof.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 26214400\r\n"
OK = b"250 2.0.0 OK\r\n"


class Caught(msgspec.Struct, frozen=True):
    """One mail as it came in: the envelope, and the name of its file."""

    number: int
    sender: str
    recipient: str
    file: str


class Behaviour(msgspec.Struct, frozen=True):
    """How the server treats who speaks to it.

    ``delay`` is in seconds before a mail is taken; ``refuse`` is the share of recipients that get 550, always the same
    ones; ``busy`` the share that get 451 the first time.
    """

    delay: float = 0.0
    refuse: float = 0.0
    busy: float = 0.0


class Catcher:
    """Catches mail in ``folder``: one ``.eml`` file a recipient and a line in ``index.jsonl``, until closed."""

    def __init__(
        self, folder: Path, host: str = "127.0.0.1", port: int = 0, behaviour: Behaviour | None = None
    ) -> None:
        """Prepare to listen; port 0 takes a free one."""
        self.folder, self.host, self.port = folder, host, port
        self.behaviour = behaviour or Behaviour()
        self.caught = 0
        self._seen_busy: set[str] = set()
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Listen, in the running loop."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._server = await asyncio.start_server(self._talk, self.host, self.port, limit=1 << 20)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up."""
        if self._server is not None:
            self._server.close()
            for task in self._talks:
                task.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            await self._server.wait_closed()

    def __enter__(self) -> Self:
        """Listen in a thread of its own, and return itself with its port known."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="catcher", daemon=True)
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *error: object) -> None:
        """End the thread."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._done.set)
            self._thread.join()

    def _run(self, ready: threading.Event) -> None:
        """Serve until told to stop (the thread's body)."""

        async def serve() -> None:
            self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
            await self.start()
            ready.set()
            await self._done.wait()
            await self.stop()

        try:
            asyncio.run(serve())
        finally:
            ready.set()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        writer.write(HELLO)
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer commands until QUIT."""
        sender, recipients = "", list[str]()
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"MAIL":
                sender, recipients = _address(line), list[str]()
                writer.write(OK)
            elif verb == b"RCPT":
                answer = self._judge(_address(line))
                if answer is OK:
                    recipients.append(_address(line))
                writer.write(answer)
            elif verb == b"DATA":
                await self._data(reader, writer, sender, recipients)
                sender, recipients = "", list[str]()
            else:
                if verb == b"RSET":
                    sender, recipients = "", list[str]()
                writer.write(_simple(verb))
            if verb == b"QUIT":
                return
            await writer.drain()

    async def _data(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipients: list[str]
    ) -> None:
        """Take the text of a mail."""
        if not recipients:
            writer.write(b"554 5.5.1 no valid recipients\r\n")
            return
        writer.write(b"354 go ahead\r\n")
        lines = []
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self.behaviour.delay:
            await asyncio.sleep(self.behaviour.delay)
        for recipient in recipients:
            self._keep(sender, recipient, b"".join(lines))
        writer.write(OK)

    def _keep(self, sender: str, recipient: str, text: bytes) -> None:
        """Write a mail down before it is acknowledged."""
        self.caught += 1
        name = f"{self.caught:06d}.eml"
        (self.folder / name).write_bytes(text)
        self._note("index.jsonl", Caught(self.caught, sender, recipient, name))

    def _note(self, name: str, entry: Caught) -> None:
        """Add a line to a list."""
        with (self.folder / name).open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")

    def _judge(self, recipient: str) -> bytes:
        """Return the answer to a recipient; the same address is always judged alike."""
        luck = int.from_bytes(hashlib.blake2b(recipient.lower().encode(), digest_size=4).digest(), "big") / 2**32
        if luck < self.behaviour.refuse:
            self._note("refused.jsonl", Caught(0, "", recipient, ""))
            return b"550 5.1.1 no such mailbox\r\n"
        if 1 - luck <= self.behaviour.busy and recipient not in self._seen_busy:
            self._seen_busy.add(recipient)
            return b"451 4.3.2 try again later\r\n"
        return OK


def _simple(verb: bytes) -> bytes:
    """Return the answer to a command that changes nothing."""
    if verb in {b"EHLO", b"HELO"}:
        return ABILITIES if verb == b"EHLO" else b"250 catcher.lentehof.example\r\n"
    if verb in {b"RSET", b"NOOP"}:
        return OK
    return b"221 2.0.0 bye\r\n" if verb == b"QUIT" else b"502 5.5.2 not here\r\n"


def _address(line: bytes) -> str:
    """Return the address between the angle brackets of MAIL FROM or RCPT TO."""
    return line.decode("utf-8", "replace").partition("<")[2].partition(">")[0]


def caught(folder: Path) -> list[Caught]:
    """Return the mails caught so far in ``folder``, in order of arrival."""
    return _read(folder / "index.jsonl")


def refused(folder: Path) -> list[Caught]:
    """Return the recipients refused for good; only ``recipient`` is filled in."""
    return _read(folder / "refused.jsonl")


def _read(path: Path) -> list[Caught]:
    """Return the entries of a list, which may not have been begun."""
    decoder = msgspec.json.Decoder(Caught)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()] if path.exists() else []
