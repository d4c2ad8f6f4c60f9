"""Questions about rejected events and tracking plans."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from helder.clock import stored
from helder.collect.dialects.hook import hook_dialect
from helder.collect.event import Event
from helder.collect.hooks.saved import read_hooks
from helder.collect.plan.check import Checked, checked
from helder.collect.plan.definition import read_plan_file
from helder.collect.plan.saved import SavedPlan, newest_body, read_plans, read_saved, save_plan
from helder.collect.plan.trying import Tried, try_plan
from helder.collect.rejects import kept
from helder.collect.rejects.again import Doors, Report, send_again
from helder.collect.rejects.reading import Reject
from helder.errors import InvalidInput
from helder.govern import audit
from helder.integrate.web_identities import WebIdentities
from helder.wiring.house import House
from helder.worker.answering import Handler


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers."""
    asked = _Rejects(house)
    every: tuple[Callable[..., object], ...] = (
        asked.rejects_list,
        asked.rejects_count,
        asked.rejects_show,
        asked.rejects_export,
        asked.rejects_send_again,
        asked.plan_save,
        asked.plan_show,
        asked.plan_list,
        asked.plan_shortfalls,
        asked.plan_try,
    )
    return {each.__name__: each for each in every}


class _Rejects:
    """The handlers. ``wanted`` holds the fields of ``kept.Wanted``."""

    def __init__(self, house: House) -> None:
        self._house = house

    def rejects_list(self, wanted: dict[str, Any], limit: int = 100, before: int = 0) -> list[Reject]:
        """Return rejected events, newest first, without what they held."""
        return kept.listed(self._house.facts, _wanted(wanted), limit, before)

    def rejects_count(self, wanted: dict[str, Any]) -> list[kept.Counted]:
        """Return how many there are, by source and reason."""
        return kept.counted(self._house.facts, _wanted(wanted))

    def rejects_show(self, number: int, actor: str = "command line") -> Reject:
        """Return one with what it held. The reading is noted in the audit trail."""
        found = kept.one(self._house.facts, number)
        self._noted(actor, "reject.read", f"reject:{number}")
        return found

    def rejects_export(self, path: str, wanted: dict[str, Any], actor: str = "command line") -> int:
        """Write them, oldest first, with what they held to the JSON-lines file ``path``; return how many."""
        self._noted(actor, "reject.export", "reject:*")
        written, after = 0, 0
        with Path(path).open("wb") as file:
            Path(path).chmod(0o600)
            while rows := kept.whole(self._house.facts, _wanted(wanted), after):
                file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)
                written, after = written + len(rows), rows[-1].number
        return written

    def rejects_send_again(self, wanted: dict[str, Any], actor: str = "command line") -> Report:
        """Send them again, as far as they pass now."""
        house = self._house
        house.identify.refresh()
        hooks = {key: hook_dialect(each.hook) for key, each in read_hooks(house.state).items()}
        doors = Doors(plan=self._plan, known=_knows(house.identify), hook=hooks.get)
        report = send_again(house.facts, house.inbox, doors, _wanted(wanted), stored(house.clock()))
        self._noted(actor, "reject.send_again", "reject:*", f"{report.sent} sent")
        return report

    def plan_save(self, path: str, actor: str = "command line") -> SavedPlan:
        """Save the plan in a TOML file as the next version for its source."""
        return save_plan(self._house.state, read_plan_file(Path(path)), self._house.clock(), actor)

    def plan_show(self, source: str, version: int = 0) -> SavedPlan:
        """Return a version of the plan of ``source``, the newest when ``version`` is 0."""
        return read_saved(self._house.state, source, version)

    def plan_list(self) -> list[SavedPlan]:
        """Return the newest version of every plan."""
        return read_plans(self._house.state)

    def plan_shortfalls(self, source: str, days: int = 7) -> list[kept.Shortfall]:
        """Return what did not fit the tracking plan of ``source`` in the last days."""
        now = stored(self._house.clock())
        today = datetime(now.year, now.month, now.day)  # noqa: DTZ001 - naive UTC, as in the stores
        return kept.shortfalls(self._house.facts, source, today - timedelta(days=days))

    def plan_try(self, path: str, days: int = 7) -> Tried:
        """Check the events of the last days against the plan in a TOML file, which is not saved."""
        plan = read_plan_file(Path(path))
        return try_plan(self._house.facts, plan, stored(self._house.clock()) - timedelta(days=days))

    def _plan(self, source: str) -> Checked | None:
        with self._house.state.read() as connection:
            found = newest_body(connection, source)
        return None if found is None else checked(*found)

    def _noted(self, actor: str, action: str, subject: str, detail: str = "") -> None:
        with self._house.state.write() as connection:
            audit.append(connection, audit.Entry(self._house.clock(), actor, action, subject, detail))


def _knows(identify: WebIdentities) -> Callable[[Event], bool]:
    """Return how to tell whether it can be worked out whose an event is."""

    def known(event: Event) -> bool:
        try:
            return identify(event) is not None
        except (ValueError, TypeError, LookupError, AttributeError):
            return False

    return known


def _wanted(values: dict[str, Any]) -> kept.Wanted:
    wanted = msgspec.convert(values, kept.Wanted)
    if "\0" in wanted.source + wanted.reason:
        raise InvalidInput("a source and a reason are words: no character NUL is in them")
    return wanted
