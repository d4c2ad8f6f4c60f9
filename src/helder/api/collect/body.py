"""The body of a request: whole, within bounds, without compression."""

from __future__ import annotations

import zlib

from helder.api.collect.asgi import Headers, Receive
from helder.api.collect.refused import Refused


async def whole_body(headers: Headers, receive: Receive, most: int) -> bytes:
    """Return the body, refusing one of more than ``most`` bytes before it fills the memory."""
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > most:
        raise _too_large(most)
    message = await receive()
    if not message.get("more_body"):
        return _checked(message.get("body", b""), 0, most)
    chunks = bytearray(message.get("body", b""))
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "malformed", "the connection ended before the request did")
        chunks += _checked(message.get("body", b""), len(chunks), most)
    return bytes(chunks)


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
