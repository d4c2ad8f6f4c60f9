"""One server, one worker, on a data folder."""

from __future__ import annotations

import fcntl
import os
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

    def take(self) -> Self:
        """Take the lock.

        Raises:
            DataFolderInUse: with the number of the process that has it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            raise DataFolderInUse(
                f"a Helder {self._role} (process {holder or '?'}) already works in {self._path.parent}; "
                "stop it first, or give --data another folder"
            ) from error
        os.truncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        self._handle = handle
        return self

    def release(self) -> None:
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
        self.release()
