"""Goals: what the company wants to reach, by when, at what cost, and which data that needs."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from helder.clock import stored
from helder.errors import InvalidInput
from helder.govern.catalogue import Catalogue, Words
from helder.govern.written import read_written
from helder.store.state import State
from helder.store.tables.definitions import goal


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One goal, as its TOML file gives it."""

    key: str
    label: Words
    target: float
    """How many."""
    unit: Words
    """Of what, such as places."""
    by: date
    """Last day, in the company's zone."""
    object: str = ""
    """Catalogue object whose rows count towards it."""
    measure: str = ""
    """Field of the object that is summed; empty: rows are counted."""
    event: str = ""
    """Event that counts towards it, when it is no object."""
    since: date | None = None
    """First day that counts."""
    max_cost: float | None = None
    """Most that one unit may cost in marketing."""
    currency: str = "EUR"
    needs: tuple[str, ...] = ()
    """Fields that the goal cannot do without, as object.field or event names."""
    nice: tuple[str, ...] = ()
    """Fields that are merely nice to know."""


def parse_goal(text: str, catalogue: Catalogue, name: str = "goal") -> Goal:
    """Return the goal in the TOML ``text``.

    Raises:
        InvalidInput: naming the file, the key and what is accepted.
    """
    try:
        found = msgspec.convert(tomllib.loads(text), Goal)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"{name}: {error}") from error
    unknown = [item for item in (*found.needs, *found.nice) if not _known(item, catalogue)]
    if unknown:
        raise InvalidInput(f"{name}: needs or nice names what the catalogue does not have: {', '.join(unknown)}")
    if found.object and found.object not in catalogue.objects:
        raise InvalidInput(f"{name}: object {found.object!r} is not in the catalogue")
    return found


def read_goal_file(path: Path, catalogue: Catalogue) -> Goal:
    """Return the goal in the file ``path``."""
    return parse_goal(read_written(path), catalogue, path.name)


def save_goal(state: State, item: Goal, now: datetime) -> None:
    """Add a goal, or change the one with the same key."""
    values = {"body": msgspec.json.encode(item).decode(), "changed_at": stored(now)}
    row = insert(goal).values(key=item.key, **values)
    with state.write() as connection:
        connection.execute(row.on_conflict_do_update(index_elements=["key"], set_=values))


def read_goals(state: State) -> dict[str, Goal]:
    """Return all goals by key."""
    with state.read() as connection:
        rows = connection.execute(select(goal).order_by(goal.c.key)).all()
    return {row.key: msgspec.json.decode(row.body, type=Goal) for row in rows}


def _known(item: str, catalogue: Catalogue) -> bool:
    """Tell whether ``item`` is an event's name, an object or a field of one."""
    head, _, tail = item.partition(".")
    return item in catalogue.events or (head in catalogue.objects and (not tail or bool(catalogue.field(head, tail))))
