"""``helder user``: people who use the pages."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from helder.access.invitations import Invitations
from helder.access.keys import Role
from helder.access.users import Users
from helder.clock import system_clock
from helder.errors import NotFound
from helder.settings import load_settings
from helder.store.state import State

app = App(name="user", help="People who use the pages. They invite each other there; these commands are for the first.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
_BY = "command line"


@app.command
def add(email: str, name: str, *, role: Role = "admin", data: Data = Path("helder-data")) -> None:
    """Make a person; the password is asked for, or read from standard input.

    Parameters
    ----------
    email
        The address that they sign in with.
    name
        What they are called.
    role
        What they may do; each role may do what those before it may.
    data
        The data folder.
    """
    with _state(data) as state:
        made = Users(state).add(email, name, role, _password(), system_clock(), _BY)
        print(f"{made.email} may sign in as {made.role}")  # noqa: T201 - the command's answer


@app.command(name="list")
def list_users(*, data: Data = Path("helder-data")) -> None:
    """Show who may sign in.

    Parameters
    ----------
    data
        The data folder.
    """
    with _state(data) as state:
        for each in Users(state).all():
            print(f"{each.email:<40} {each.role:<10} {'shut out' if each.disabled else ''}".rstrip())  # noqa: T201 - the command's answer


@app.command
def invite(email: str, *, role: Role = "marketer", data: Data = Path("helder-data")) -> None:
    """Print a link by which somebody makes their account; it works once, for seven days.

    Parameters
    ----------
    email
        The address that they will sign in with.
    role
        What they will be allowed to do.
    data
        The data folder.
    """
    with _state(data) as state:
        token = Invitations(state).invite(email, role, system_clock(), _BY)
        print(f"{load_settings(data).address}/welcome?token={token}")  # noqa: T201 - the command's answer


@app.command
def reset(email: str, *, data: Data = Path("helder-data")) -> None:
    """Print a link by which somebody sets a new password; it works once, for a day.

    Parameters
    ----------
    email
        The address that they sign in with.
    data
        The data folder.
    """
    with _state(data) as state:
        found = Users(state).by_email(email)
        if found is None:
            raise NotFound("nobody signs in with this address; `helder user list` shows who does")
        token = Invitations(state).reset(found.id, system_clock(), _BY)
        print(f"{load_settings(data).address}/welcome?token={token}")  # noqa: T201 - the command's answer


def _password() -> str:
    """Return the password: typed unseen at a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        return getpass("Password (12 characters or more): ")
    return sys.stdin.readline().rstrip("\n")


@contextmanager
def _state(data: Path) -> Iterator[State]:
    from helder.store.migrations import upgrade
    from helder.store.state import open_state

    data.mkdir(parents=True, exist_ok=True)
    state = open_state(data / "state.db")
    try:
        upgrade(state)
        yield state
    finally:
        state.close()
