"""``helder hook``: take in the calls of other systems (webhooks)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

if TYPE_CHECKING:
    from helder.store.state import State

app = App(name="hook", help="Hooks: what the calls of other systems mean as events.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]


@app.command
def add(file: Path, *, data: Data = Path("helder-data")) -> None:
    """Add the hook that a file describes, or take over its changes; it answers within five seconds.

    Parameters
    ----------
    file
        The definition (TOML). See docs/reference/hooks.md.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.clock import system_clock
    from helder.collect.hooks.saved import save_hook
    from helder.settings import load_settings

    with _state(data) as state:
        found = save_hook(state, file.read_text("utf-8"), file.name, system_clock(), "command line")
    say(f"calls to {load_settings(data).address}/v1/hook/{found.hook} are events of {found.source}")


@app.command(name="list")
def list_hooks(*, data: Data = Path("helder-data")) -> None:
    """Show all hooks; their secrets are not shown.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.cli._print import columns, moment
    from helder.collect.hooks.saved import read_hooks

    with _state(data) as state:
        found = read_hooks(state)
    rows = [
        (key, each.hook.source, each.hook.signature.scheme, len(each.hook.event), moment(each.added_at))
        for key, each in found.items()
    ]
    columns(("hook", "source", "signed as", "events", "since"), rows, empty="no hooks yet: helder hook add FILE")


@app.command(name="try")
def try_hook(file: Path, call: Path, *, data: Data = Path("helder-data")) -> None:
    """Show the events that a call would become, without a signature; nothing is kept.

    Parameters
    ----------
    file
        The definition (TOML), added or not.
    call
        A file with the body of a call (JSON), as the other system sends it.
    data
        The data folder; not used.
    """
    import msgspec

    from helder.cli._print import say
    from helder.clock import stored, system_clock
    from helder.collect.dialects.hook import hook_dialect
    from helder.collect.event import Entry, Rejection
    from helder.collect.hooks.definition import parse_hook
    from helder.collect.item import Received
    from helder.collect.parse import parse

    del data
    hook = parse_hook(file.read_text("utf-8"), file.name)
    received = Received(source=hook.source, at=stored(system_clock()), request_id="try")
    parsed = parse(call.read_bytes(), hook.hook, received, hook_dialect(hook))
    entry = Entry([], [parsed]) if isinstance(parsed, Rejection) else Entry(parsed.events, parsed.rejected)
    for event in entry.events:
        shown = {name: value for name, value in msgspec.structs.asdict(event).items() if value not in (None, "", "{}")}
        say(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode())
    for each in entry.rejected:
        say(f"rejected: {each.reason}: {each.detail}")
    say(f"{len(entry.events)} events, {len(entry.rejected)} rejected")


@app.command
def remove(name: str, *, data: Data = Path("helder-data")) -> None:
    """End a hook: within five seconds its calls are answered 404.

    Parameters
    ----------
    name
        Of the hook.
    data
        The data folder.
    """
    from helder.clock import system_clock
    from helder.collect.hooks.saved import remove_hook

    with _state(data) as state:
        remove_hook(state, name, system_clock(), "command line")


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
