"""Questions about what is done: goals, purposes, templates, journeys, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from sqlalchemy import select

from helder.activate.content.template import read_template
from helder.activate.definitions import newest, save_journey, save_template, set_status, start_journey
from helder.activate.journeys.parse import parse_toml
from helder.activate.tally import Tally, tally
from helder.errors import NotFound
from helder.govern import audit
from helder.govern.entries import read_catalogue
from helder.govern.goals import Goal, read_goal_file, read_goals, save_goal
from helder.govern.purposes import read_purpose_file, save_purposes
from helder.govern.written import read_written
from helder.integrate.view import ProfileView
from helder.intelligence.segments.words import say
from helder.measure.live_sales import LiveSales
from helder.measure.result import Result, result
from helder.measure.samples import NOBODYS, Sample, sample, samples
from helder.store.tables.outbox import outbox
from helder.wiring.house import House
from helder.worker.answering import Handler
from helder.worker.questions.segments import lexicon

_LOOKED_AT = 50
_SHOWN = 3


class Campaign(msgspec.Struct, frozen=True):
    """A journey as its page shows it."""

    key: str
    name: str
    goals: tuple[str, ...]
    """Keys of the goals there are."""
    words: dict[str, str]
    """Its segment as a sentence, by language."""
    people: tuple[ProfileView, ...]
    """Those of its people whom most sources know."""


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers; each ``*_save`` takes the path of a TOML file."""
    asked = _Campaigns(house)
    every: tuple[Callable[..., object], ...] = (
        asked.goal_save,
        asked.goal_show,
        asked.purposes_save,
        asked.template_save,
        asked.journey_save,
        asked.journey_start,
        asked.journey_status,
        asked.journey_tally,
        asked.campaign_result,
        asked.campaign_samples,
        asked.campaign_newest,
        asked.mail_show,
    )
    return {each.__name__: each for each in every}


class _Campaigns:
    """The handlers."""

    def __init__(self, house: House) -> None:
        self._house = house

    def goal_save(self, path: str, actor: str = "command line") -> str:
        """Save a goal; return its key."""
        goal = read_goal_file(Path(path), read_catalogue(self._house.state))
        save_goal(self._house.state, goal, self._house.clock())
        self._noted(actor, "goal.save", f"goal:{goal.key}")
        return goal.key

    def goal_show(self, key: str) -> Goal:
        """Return a goal."""
        found = read_goals(self._house.state).get(key)
        if found is None:
            raise NotFound(f"there is no goal {key!r}")
        return found

    def purposes_save(self, path: str, actor: str = "command line") -> list[str]:
        """Save the purposes of a file; return their keys."""
        purposes = read_purpose_file(Path(path))
        save_purposes(self._house.state, purposes)
        self._noted(actor, "purpose.save", "purpose:*")
        return [each.key for each in purposes]

    def template_save(self, path: str, actor: str = "command line") -> int:
        """Save a template as a new version; return the version's id."""
        template = read_template(Path(path))
        self._noted(actor, "template.save", f"template:{template.key}")
        return save_template(self._house.state, template, self._house.clock())

    def journey_save(self, path: str, actor: str = "command line") -> str:
        """Save a journey as a new version; return its key."""
        graph = parse_toml(read_written(Path(path)))
        save_journey(self._house.state, graph)
        self._noted(actor, "journey.save", f"journey:{graph.key}")
        return graph.key

    def journey_start(self, key: str, actor: str = "command line") -> int:
        """Let a journey run; return the id of the version that runs."""
        self._noted(actor, "journey.start", f"journey:{key}")
        return start_journey(self._house.state, key, self._house.clock())

    def journey_status(self, key: str, status: str, actor: str = "command line") -> None:
        """Pause, resume or end a journey."""
        self._noted(actor, f"journey.{status}", f"journey:{key}")
        set_status(self._house.state, key, status)

    def journey_tally(self, key: str) -> Tally:
        """Return how many people a journey has, and how it ended for them."""
        return tally(self._house.state, key)

    def campaign_result(self, journey: str, goal: str) -> Result:
        """Return what a journey brought, measured against its holdout and its goal."""
        house = self._house
        sales = LiveSales(house.state, house.live, house.key)
        return result(house.state, house.facts, journey, goal, house.clock(), sales)

    def campaign_samples(self, journey: str, limit: int = 10) -> list[Sample]:
        """Return mails of a journey as they were sent, but for the signatures in links."""
        return samples(self._house.state, self._house.settings, NOBODYS, journey, limit)

    def mail_show(self, number: int) -> Sample:
        """Return one mail as it was sent, but for the signatures in links, by its number in the outbox."""
        return sample(self._house.state, self._house.settings, NOBODYS, number)

    def campaign_newest(self) -> Campaign | None:
        """Return the journey that was started last, with the goals, its rule in words, and three of its people."""
        found = newest(self._house.state)
        if found is None:
            return None
        segment = self._house.segments.get(found.segment)
        said = {language: say(segment.rule, language, lexicon(self._house)) for language in ("nl", "en")}
        people = [
            self._house.profiles.show(profile, self._house.clock()) for profile in best_known(self._house, found.key)
        ]
        return Campaign(found.key, found.name, tuple(read_goals(self._house.state)), said, tuple(people))

    def _noted(self, actor: str, action: str, subject: str) -> None:
        with self._house.state.write() as connection:
            audit.append(connection, audit.Entry(self._house.clock(), actor, action, subject))


def best_known(house: House, journey: str) -> list[int]:
    """Return profiles that a journey mailed: of the first, those with the most identities."""
    with house.state.read() as connection:
        sent = select(outbox.c.identity_id).where(outbox.c.journey == journey, outbox.c.status == "sent")
        identities = list(connection.scalars(sent.order_by(outbox.c.id).limit(_LOOKED_AT)))
    profiles = sorted(set(house.online.profile_of(identities).values()))
    return sorted(profiles, key=lambda each: (-len(house.online.identities_of(each)), each))[:_SHOWN]
