"""``helder key``: make and end the keys that web sites and programs come in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from helder.access.keys import Keys, Role
from helder.clock import system_clock

app = App(name="key", help="Write keys, that clients send events with, and API keys, that programs read with.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]


@app.command
def write(source: str, *, key: str | None = None, data: Data = Path("helder-data")) -> None:
    """Make a write key for a web source and print it: it is shown this once.

    Parameters
    ----------
    source
        Key of the source, such as ``site``.
    key
        Use this key instead of a new one (to take over from another tool without changing pages).
    data
        The data folder.
    """
    with _keys(data) as keys:
        print(keys.add_write_key(source, system_clock(), key))  # noqa: T201 - the command's answer


@app.command
def api(name: str, *, role: Role = "viewer", data: Data = Path("helder-data")) -> None:
    """Make an API key and print it: it is shown this once.

    Parameters
    ----------
    name
        What it is for; stands in the audit trail.
    role
        What it may do; each role may do what those before it may.
    data
        The data folder.
    """
    with _keys(data) as keys:
        print(keys.add_api_key(name, role, system_clock()))  # noqa: T201 - the command's answer


@app.command(name="list")
def list_keys(*, data: Data = Path("helder-data")) -> None:
    """Show all keys by the beginning of their digest; keys themselves are not kept.

    Parameters
    ----------
    data
        The data folder.
    """
    with _keys(data) as keys:
        for kind, whose, digest, revoked in keys.listed():
            print(f"{digest[:12]}  {kind:<6} {whose:<24} {'revoked' if revoked else 'in use'}")  # noqa: T201 - the command's answer


@app.command
def revoke(key: str, *, data: Data = Path("helder-data")) -> None:
    """End a key: it stops working within five seconds.

    Parameters
    ----------
    key
        The key itself, or the beginning of its digest as ``helder key list`` shows it.
    data
        The data folder.
    """
    with _keys(data) as keys:
        keys.revoke(key, system_clock())


@contextmanager
def _keys(data: Path) -> Iterator[Keys]:
    from helder.store.migrations import upgrade
    from helder.store.state import open_state

    data.mkdir(parents=True, exist_ok=True)
    state = open_state(data / "state.db")
    try:
        upgrade(state)
        yield Keys(state)
    finally:
        state.close()
