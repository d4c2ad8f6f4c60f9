"""One server on a data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helder.errors import DataFolderInUse
from helder.worker.lock import FolderLock, running_at


def test_a_second_lock_is_refused_with_the_number_of_the_first(tmp_path: Path) -> None:
    """The message names the process and the folder, so that it can be found."""
    with FolderLock(tmp_path, "worker"):
        with pytest.raises(DataFolderInUse, match=rf"process {os.getpid()}\b.*{tmp_path.name}"):
            FolderLock(tmp_path, "worker").take()
        with FolderLock(tmp_path, "serve"):
            pass
    with FolderLock(tmp_path, "worker"):
        pass


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    """Killed with no chance to tidy up, its process leaves a folder that can be used at once."""
    code = (
        "import sys, pathlib, os, signal; from helder.worker.lock import FolderLock; "
        "FolderLock(pathlib.Path(sys.argv[1]), 'worker').take(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / "worker.lock").exists()
    with FolderLock(tmp_path, "worker"):
        pass


def test_a_server_tells_where_it_is_while_it_runs(tmp_path: Path) -> None:
    """Its address is in its lock, and is believed only as long as the lock is held."""
    assert running_at(tmp_path) == ""
    lock = FolderLock(tmp_path, "serve").take("http://127.0.0.1:9000")
    assert running_at(tmp_path) == "http://127.0.0.1:9000"
    lock.close()
    assert running_at(tmp_path) == ""
