"""``helder key``: make and end the keys that web sites and programs come in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from helder.access.allowance import Allowance, Use
from helder.access.keys import Keys, Role
from helder.clock import system_clock

app = App(name="key", help="Write keys, that clients send events with, and API keys, that programs read with.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
Origins = Annotated[tuple[str, ...], Parameter(negative=())]


@app.command
def write(
    source: str,
    *,
    key: str | None = None,
    use: Use = "any",
    origin: Origins = (),
    rate: float | None = None,
    burst: int | None = None,
    data: Data = Path("helder-data"),
) -> None:
    """Make a write key for a web source and print it: it is shown this once.

    Parameters
    ----------
    source
        Key of the source, such as ``site``.
    key
        Use this key instead of a new one (to take over from another tool without changing pages).
    use
        Who shows it. A key of a page cannot import history or send what the tracking plan keeps for servers; a key of a
        server is refused when a page shows it.
    origin
        A page's origin that may send, such as ``https://www.example.com`` or ``https://*.example.com``; give it again
        for more. With none, anyone who has the key may.
    rate
        Events a second that it may send, to each web process; no limit when left out.
    burst
        Events that it may send at once; ten seconds' worth when left out.
    data
        The data folder.
    """
    allows = Allowance(use=use, origins=tuple(origin), events_per_second=rate, burst=burst)
    with _keys(data) as keys:
        print(keys.add_write_key(source, system_clock(), key, allows))  # noqa: T201 - the command's answer


@app.command
def change(
    key: str,
    *,
    use: Use = "any",
    origin: Origins = (),
    rate: float | None = None,
    burst: int | None = None,
    data: Data = Path("helder-data"),
) -> None:
    """Change what a write key allows, as a whole: what is left out is no longer so. It holds within five seconds.

    Parameters
    ----------
    key
        The key itself, or the beginning of its digest as ``helder key list`` shows it.
    use
        As of ``helder key write``.
    origin
        As of ``helder key write``.
    rate
        As of ``helder key write``.
    burst
        As of ``helder key write``.
    data
        The data folder.
    """
    allows = Allowance(use=use, origins=tuple(origin), events_per_second=rate, burst=burst)
    with _keys(data) as keys:
        keys.change_write_key(key, allows, system_clock())


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
        found = keys.listed()
        if not found:
            print("no keys yet: helder key write SOURCE, helder key api NAME")  # noqa: T201 - the command's answer
        for each in found:
            allows = f"  {each.allows}" if each.allows and not each.revoked else ""
            state = "revoked" if each.revoked else "in use"
            print(f"{each.digest[:12]}  {each.kind:<6} {each.whose:<24} {state}{allows}")  # noqa: T201 - the command's answer


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
