"""A command without a server is the worker for as long as it lasts."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from helder.collect.event import Entry, Event
from helder.collect.inbox import Inbox
from helder.errors import DataFolderInUse, HelderError, NotFound
from helder.store.projections.online import Online
from helder.worker.connect import connect
from helder.worker.lock import FolderLock

AT = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001 - naive UTC, as in the stores


def test_questions_are_answered_without_a_server(tmp_path: Path) -> None:
    """In a folder that was empty before; errors arrive as over the socket."""
    with connect(tmp_path) as worker:
        assert worker.call("source_list") == []
        with pytest.raises(HelderError):
            worker.call("profile_show", who="nobody@example.nl")
        with pytest.raises(NotFound):
            worker.call("no such question")


def test_settling_takes_in_what_waits(tmp_path: Path) -> None:
    """What lay in the inbox is in the projections afterwards."""
    inbox = Inbox(tmp_path / "inbox.db")
    event = Event(message_id="m", type="track", name="E", source="site", user_id="7", at=AT, received_at=AT)
    inbox.append([Entry([event])])
    inbox.close()
    with connect(tmp_path) as worker:
        assert worker.call("settle") is True
    online = Online(tmp_path / "online.db", read_only=True)
    (profile,) = worker_profiles(online)
    assert [(each.kind, each.value) for each in online.identities(profile)] == [("user:site", "7")]
    online.close()


def worker_profiles(online: Online) -> set[int]:
    """Return all profiles of the projection."""
    with online._connections.reading() as connection:
        return {row[0] for row in connection.execute("SELECT profile_id FROM identity_profile")}


def test_two_commands_do_not_work_on_one_folder(tmp_path: Path) -> None:
    """The second is refused with the number of the first; after its end the folder is free."""
    with connect(tmp_path), pytest.raises(DataFolderInUse), connect(tmp_path):
        pass
    with FolderLock(tmp_path, "worker"):
        pass


def test_a_command_leaves_no_journey_moved(tmp_path: Path) -> None:
    """Settling in a command runs the stages that bring data up to date, and none that mails."""
    code = (
        "import sys, pathlib; from helder.activate.advance import Advance; from helder.activate.deliver import Deliver;"
        "Advance.run = Deliver.run = lambda self, now: sys.exit('a journey was moved');"
        "from helder.worker.connect import connect\n"
        "with connect(pathlib.Path(sys.argv[1])) as worker: print(worker.call('settle'))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
