"""Hooks in state."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from helder.clock import aware, stored
from helder.collect.hooks.definition import Hook, parse_hook
from helder.errors import NotFound
from helder.govern import audit
from helder.store.state import State
from helder.store.tables.sources import hook as hook_table


class SavedHook(msgspec.Struct, frozen=True):
    """A hook, and since when it is there."""

    hook: Hook
    definition: str
    added_at: datetime
    """Aware UTC."""


def save_hook(state: State, text: str, name: str, now: datetime, actor: str) -> Hook:
    """Add the hook that the TOML ``text`` describes, or take over its changes.

    Raises:
        HookError: when it cannot be used; ``name`` is how the message calls the file.
    """
    found = parse_hook(text, name)
    values = {"definition": text, "source": found.source, "added_at": stored(now)}
    row = insert(hook_table).values(key=found.hook, **values)
    with state.write() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))
        audit.append(connection, audit.Entry(now, actor, "saved", f"hook:{found.hook}"))
    return found


def read_hooks(state: State) -> dict[str, SavedHook]:
    """Return all hooks by name."""
    with state.read() as connection:
        rows = connection.execute(select(hook_table).order_by(hook_table.c.key)).all()
    return {
        row.key: SavedHook(parse_hook(row.definition, row.key), row.definition, aware(row.added_at)) for row in rows
    }


def remove_hook(state: State, key: str, now: datetime, actor: str) -> None:
    """End a hook: calls to it are answered 404.

    Raises:
        NotFound: when there is none of that name.
    """
    with state.write() as connection:
        if not connection.execute(delete(hook_table).where(hook_table.c.key == key)).rowcount:
            raise NotFound(f"there is no hook {key!r}; `helder hook list` shows those there are")
        audit.append(connection, audit.Entry(now, actor, "removed", f"hook:{key}"))
