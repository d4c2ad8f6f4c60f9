"""Which process does what: each role builds what it needs, no more, so that it starts at once."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path

import msgspec

from helder.clock import Monotone
from helder.errors import DataFolderInUse
from helder.server.address import check_free, listens, reached_at
from helder.server.priority import give_way
from helder.settings import Settings, check, load_settings
from helder.worker.lock import FolderLock
from helder.worker.logs import configure_logs
from helder.worker.protocol import socket_path

_LOOK_SECONDS = 0.05
CHILD = "HELDERCHILD"
"""Set in the environment of processes that a supervisor started: they end when it does."""


def run_role(data: Path, role: str, *, host: str | None = None, port: int | None = None) -> None:
    """Run one role on the data folder ``data`` until it is told to stop.

    Args:
        data: the data folder; made when absent.
        role: ``all``, ``web``, ``worker`` or ``sender``.
        host: overrides the setting.
        port: overrides the setting.

    Raises:
        DataFolderInUse: when another server or worker has the folder.
        SettingsError: when the settings cannot be used.
    """
    data.mkdir(parents=True, exist_ok=True)
    settings = _override(load_settings(data), host, port)
    configure_logs(settings.log_level)
    if os.environ.get(CHILD):
        from helder.server.supervisor import follow_parent

        follow_parent()
    elif role in {"web", "sender"}:
        _prepare(settings)
    ROLES[role](settings)


def serve_all(settings: Settings) -> None:
    """Run every process of one machine, under a supervisor."""
    from helder.server.supervisor import Child, Supervisor

    lock = FolderLock(settings.data, "serve").take(settings.address)
    with closing(lock):
        check_free(settings.host, settings.port)
        _mend(settings)
        _prepare(settings)
        os.environ[CHILD] = "1"
        roles = ["worker", "web", *["sender"] * settings.senders]
        Supervisor([Child(role, _command(settings, role)) for role in roles]).run(lambda: _greet(settings))


def serve_web(settings: Settings) -> None:
    """Run the web process."""
    from helder.server.assemble import web_app
    from helder.server.web import run_web

    with web_app(settings, Monotone()) as app:
        run_web(app, settings.host, settings.port)


def serve_worker(settings: Settings) -> None:
    """Run the worker."""
    from helder.wiring.house import open_house
    from helder.worker.process import run_worker
    from helder.worker.questions import questions
    from helder.worker.wake import SendersWaker

    give_way()
    clock = Monotone()
    with FolderLock(settings.data, "worker"), closing(SendersWaker(settings.data)) as queued:
        house = open_house(settings, clock, queued)
        run_worker(settings.data, house, questions(house), settings.tick_ms / 1000, clock)


def serve_sender(settings: Settings) -> None:
    """Run one sender until it is told to stop; the message under way is finished."""
    from helder.server.sender import run_sender

    run_sender(settings, Monotone())


ROLES: Mapping[str, Callable[[Settings], None]] = {
    "all": serve_all,
    "web": serve_web,
    "worker": serve_worker,
    "sender": serve_sender,
}


def _prepare(settings: Settings) -> None:
    """Bring the tables of state to the newest version. Never before the folder's lock is had, where there is one."""
    from helder.store.migrations import upgrade
    from helder.store.state import open_state

    upgrade(state := open_state(settings.data / "state.db"))
    state.close()


def _mend(settings: Settings) -> None:
    """Look the inbox through before anyone opens it. A worker that is still ending has it open, and so it is well."""
    from helder.collect.salvage import salvage

    with suppress(DataFolderInUse), FolderLock(settings.data, "worker"):
        salvage(settings.data / "inbox.db")


def _override(settings: Settings, host: str | None, port: int | None) -> Settings:
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    changed = msgspec.structs.replace(settings, **given)
    check(changed)
    return changed


def _command(settings: Settings, role: str) -> list[str]:
    """Return how a process of ``role`` is started."""
    address = ["--host", settings.host, "--port", str(settings.port)]
    return [sys.executable, "-m", "helder", "serve", "--role", role, "--data", str(settings.data), *address]


def _greet(settings: Settings) -> None:
    """Say where Helder is to be found, once it is: everything else goes to the log."""
    threading.Thread(target=_say_when_ready, args=(settings,), name="greeting", daemon=True).start()


def _say_when_ready(settings: Settings) -> None:
    """Wait until web and worker answer."""
    worker = str(socket_path(settings.data))
    while not (listens(socket.AF_UNIX, worker) and listens(*reached_at(settings.host, settings.port))):
        threading.Event().wait(_LOOK_SECONDS)
    sys.stdout.write(f"Helder is at {settings.address} (data in {settings.data}). Stop it with Ctrl-C.\n")
    token = _first_link(settings)
    if token:
        sys.stdout.write(f"Nobody has an account yet. Make the first one: {settings.address}/welcome?token={token}\n")
    sys.stdout.flush()


def _first_link(settings: Settings) -> str | None:
    """Return the token of a link that makes the first administrator, once; None when there is one."""
    from helder.access.invitations import Invitations
    from helder.clock import system_clock
    from helder.store.state import open_state

    state = open_state(settings.data / "state.db")
    try:
        return Invitations(state).first(system_clock())
    finally:
        state.close()
