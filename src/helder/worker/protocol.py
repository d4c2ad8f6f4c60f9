"""What is said over the worker's socket: MessagePack frames, each after its length in four bytes (big-endian)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from helder.errors import HelderError

LONGEST_FRAME = 256 * 1024 * 1024
"""Bytes; more is a mistake of whoever writes."""
LENGTH_BYTES = 4
LONGEST_SOCKET_NAME = 107
LARGEST_PROCESS = 2**22
"""No process has a greater number on Linux (proc(5))."""


class Call(msgspec.Struct, frozen=True, tag="call"):
    """A question."""

    id: int
    name: str
    args: dict[str, Any]


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """The answer to this call is no longer wanted."""

    id: int


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far long work has come."""

    id: int
    value: Any


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """The answer to a call."""

    id: int
    value: Any


class Failure(msgspec.Struct, frozen=True, tag="failure"):
    """Why there is no answer: the code and message of a ``HelderError``."""

    id: int
    code: str
    message: str


Frame: TypeAlias = Call | Cancel | Progress | Answer | Failure


def socket_path(data: Path) -> Path:
    """Return where the worker of the data folder ``data`` listens."""
    return _short(data.resolve() / "worker.sock")


def wake_path(data: Path) -> Path:
    """Return the datagram socket at which the worker is woken."""
    return _short(data.resolve() / "wake.sock")


def senders_path(data: Path) -> Path:
    """Return the folder in which every sender has a datagram socket at which it is woken."""
    folder = data.resolve() / "senders"
    longest = folder / f"{LARGEST_PROCESS}.sock"
    short = _short(longest)
    return folder if short == longest else short.with_suffix(".senders")


def _short(path: Path) -> Path:
    """Return ``path``, or a short stand-in: the name of a local socket has at most 107 bytes (unix(7))."""
    if len(os.fsencode(path)) <= LONGEST_SOCKET_NAME:
        return path
    folder = Path(tempfile.gettempdir()) / f"helder-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder / f"{sha256(os.fsencode(path)).hexdigest()[:24]}.sock"


def pack(frame: Frame) -> bytes:
    """Return ``frame`` as bytes, its length in front."""
    body = _encoder.encode(frame)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def unpack(body: bytes) -> Frame:
    """Return the frame in ``body`` (without its length)."""
    return _decoder.decode(body)


def failure_of(call_id: int, error: HelderError) -> Failure:
    """Return how ``error`` is told to the caller."""
    return Failure(call_id, error.code, str(error))


def error_of(failure: Failure) -> HelderError:
    """Return the error that a failure tells of; one that is not known here keeps its code."""
    kind = next((kind for kind in _kinds(HelderError) if kind.code == failure.code), None)
    if kind is None:
        kind = type("RemoteError", (HelderError,), {"code": failure.code})
    return Exception.__new__(kind, failure.message)  # not by __init__, which makes a message of parts (RuleError)


def _kinds(root: type[HelderError]) -> Iterator[type[HelderError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def _plain(value: Any) -> Any:
    """Return what MessagePack knows for numpy's numbers and arrays, sets and paths."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"a {type(value).__name__} cannot be sent over the worker's socket")


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(Frame)
