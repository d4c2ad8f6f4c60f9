"""One server, one worker, on a data folder."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from helder.errors import DataFolderInUse


class FolderLock:
    """A lock that ends with its process, however that ends (flock)."""

    def __init__(self, data: Path, role: str) -> None:
        """Prepare the lock of ``role`` (``serve`` or ``worker``) on ``data``."""
        self._path = data / f"{role}.lock"
        self._role = role
        self._handle: int | None = None

    def take(self, address: str = "") -> Self:
        """Take the lock, and note in it the number of this process and, of a server, its ``address``.

        Raises:
            DataFolderInUse: with the number of the process that has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _noted(handle)[0]
            os.close(handle)
            raise DataFolderInUse(
                f"a Helder {self._role} (process {holder}) already works in {self._path.parent}; "
                "stop it first, or give --data another folder"
            ) from error
        with suppress(OSError):  # a disk that is full: the lock holds, and only cannot say whose it is
            os.truncate(handle, 0)
            os.write(handle, f"{os.getpid()} {address}".encode())
        self._handle = handle
        return self

    def close(self) -> None:
        """Give the lock up."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> Self:
        """Take it."""
        return self.take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it up."""
        self.close()


def running_at(data: Path) -> str:
    """Return the address of the server that runs on ``data`` now; empty when none does."""
    try:
        handle = os.open(data / "serve.lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _noted(handle)[1]  # somebody has the lock
    finally:
        os.close(handle)
    return ""


def _noted(handle: int) -> tuple[str, str]:
    """Return what the holder of a lock wrote in it: its process and its address."""
    process, _, address = os.pread(handle, 300, 0).decode("utf-8", "replace").partition(" ")
    return process or "?", address
