"""The body of a request: whole, within bounds, without compression."""

from __future__ import annotations

import asyncio
import zlib
from contextlib import suppress

from helder.api.collect.asgi import Headers, Message, Receive
from helder.api.collect.refused import Refused

BODY_SECONDS = 20.0
"""Longest time that a body may take to come; a phone on a bad line needs a few seconds for the largest one."""
_DRAINED = 4 * 2**20
_DRAIN_SECONDS = 2.0


class Room:
    """How many bytes of bodies that are still coming may be in memory at once."""

    def __init__(self, most: int = 128 * 2**20) -> None:
        """Allow ``most`` bytes."""
        self._left = most

    def enter(self, size: int) -> None:
        """Take in ``size`` bytes more, or refuse.

        Raises:
            Refused: 429 when there is no room; the bytes are then not counted.
        """
        if size > self._left:
            raise Refused(429, "inbox-full", "too many large requests are coming in at once; send again in a moment")
        self._left -= size

    def leave(self, size: int) -> None:
        """Give back what was taken in."""
        self._left += size


async def whole_body(headers: Headers, receive: Receive, most: int, room: Room) -> bytes:
    """Return the body; one of over ``most`` bytes is refused before it fills the memory, and so is a slow one.

    Raises:
        Refused: 400 when it is too large or ends half-way, 408 when it is not there in time, 429 when ``room`` is full.
    """
    length = declared(headers)
    if length > most:
        await _drain(length, receive)
        raise _too_large(most)
    message = await receive()
    if not message.get("more_body"):
        return _checked(message.get("body", b""), 0, most)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _rest(message, receive, most, room)
    except TimeoutError as error:
        raise Refused(408, "too-slow", f"the body of a request is there within {BODY_SECONDS:g} seconds") from error


async def _rest(message: Message, receive: Receive, most: int, room: Room) -> bytes:
    """Return the body that begins with ``message``."""
    chunks = bytearray()
    try:
        while True:
            piece = _checked(message.get("body", b""), len(chunks), most)
            room.enter(len(piece))
            chunks += piece
            if not message.get("more_body"):
                return bytes(chunks)
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "malformed", "the connection ended before the request did")
    finally:
        room.leave(len(chunks))


def declared(headers: Headers) -> int:
    """Return the length that a request says its body has; 0 when it does not say."""
    length = headers.get(b"content-length", b"0")
    return int(length) if length.isdigit() else 0


async def _drain(unread: int, receive: Receive) -> None:
    """Read past a body that is going to be refused, when it is not much.

    A connection that is closed with bytes unread is reset, and the client then loses the answer that was sent to it
    (RFC 9112, section 9.6).
    """
    if unread > _DRAINED:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_SECONDS):
            while (await receive()).get("more_body"):
                pass


def unpacked(body: bytes, most: int) -> bytes:
    """Return the body without gzip, known by its first bytes: clients send it under any content type."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, most + 1)
    except zlib.error as error:
        raise Refused(400, "malformed", f"the gzip of the request is broken: {error}") from error
    if len(plain) > most or unpacker.unconsumed_tail:
        raise _too_large(most)
    if not unpacker.eof:
        raise Refused(400, "malformed", "the gzip of the request ends too early")
    return plain


def _checked(chunk: bytes, before: int, most: int) -> bytes:
    if before + len(chunk) > most:
        raise _too_large(most)
    return chunk


def _too_large(most: int) -> Refused:
    return Refused(400, "too-large", f"a request holds at most {most // 1024} KB")
