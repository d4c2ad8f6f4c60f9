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
from helder.integrate.view import ProfileView
from helder.intelligence.segments.words import say
from helder.measure.result import Result, result
from helder.measure.samples import Sample, sample, samples
from helder.store.tables.outbox import outbox
from helder.wiring import House
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

    def noted(actor: str, action: str, subject: str) -> None:
        with house.state.write() as connection:
            audit.append(connection, audit.Entry(house.clock(), actor, action, subject))

    def goal_save(path: str, actor: str = "command line") -> str:
        """Save a goal; return its key."""
        goal = read_goal_file(Path(path), read_catalogue(house.state))
        save_goal(house.state, goal, house.clock())
        noted(actor, "goal.save", f"goal:{goal.key}")
        return goal.key

    def goal_show(key: str) -> Goal:
        """Return a goal."""
        found = read_goals(house.state).get(key)
        if found is None:
            raise NotFound(f"there is no goal {key!r}")
        return found

    def purposes_save(path: str, actor: str = "command line") -> list[str]:
        """Save the purposes of a file; return their keys."""
        purposes = read_purpose_file(Path(path))
        save_purposes(house.state, purposes)
        noted(actor, "purpose.save", "purpose:*")
        return [each.key for each in purposes]

    def template_save(path: str, actor: str = "command line") -> int:
        """Save a template as a new version; return the version's id."""
        template = read_template(Path(path))
        noted(actor, "template.save", f"template:{template.key}")
        return save_template(house.state, template, house.clock())

    def journey_save(path: str, actor: str = "command line") -> str:
        """Save a journey as a new version; return its key."""
        graph = parse_toml(Path(path).read_text("utf-8"))
        save_journey(house.state, graph)
        noted(actor, "journey.save", f"journey:{graph.key}")
        return graph.key

    def journey_start(key: str, actor: str = "command line") -> int:
        """Let a journey run; return the id of the version that runs."""
        noted(actor, "journey.start", f"journey:{key}")
        return start_journey(house.state, key, house.clock())

    def journey_status(key: str, status: str, actor: str = "command line") -> None:
        """Pause, resume or end a journey."""
        noted(actor, f"journey.{status}", f"journey:{key}")
        set_status(house.state, key, status)

    def journey_tally(key: str) -> Tally:
        """Return how many people a journey has, and how it ended for them."""
        return tally(house.state, key)

    def campaign_result(journey: str, goal: str) -> Result:
        """Return what a journey brought, measured against its holdout and its goal."""
        return result(house.state, house.facts, journey, goal, house.clock())

    def campaign_samples(journey: str, limit: int = 10) -> list[Sample]:
        """Return mails of a journey as they were sent."""
        return samples(house.state, house.settings, house.key, journey, limit)

    def mail_show(number: int) -> Sample:
        """Return one mail as it was sent, by its number in the outbox."""
        return sample(house.state, house.settings, house.key, number)

    def campaign_newest() -> Campaign | None:
        """Return the journey that was started last, with the goal it serves, its rule in words, and three of its people."""
        found = newest(house.state)
        if found is None:
            return None
        segment = house.segments.get(found.segment)
        said = {language: say(segment.rule, language, lexicon(house)) for language in ("nl", "en")}
        people = [house.profiles.show(profile, house.clock()) for profile in best_known(house, found.key)]
        return Campaign(found.key, found.name, tuple(read_goals(house.state)), said, tuple(people))

    every: tuple[Callable[..., object], ...] = (
        goal_save,
        goal_show,
        purposes_save,
        template_save,
        journey_save,
        journey_start,
        journey_status,
        journey_tally,
        campaign_result,
        campaign_samples,
        campaign_newest,
        mail_show,
    )
    return {each.__name__: each for each in every}


def best_known(house: House, journey: str) -> list[int]:
    """Return profiles that a journey mailed: of the first, those with the most identities."""
    with house.state.read() as connection:
        sent = select(outbox.c.identity_id).where(outbox.c.journey == journey, outbox.c.status == "sent")
        identities = list(connection.scalars(sent.order_by(outbox.c.id).limit(_LOOKED_AT)))
    profiles = sorted(set(house.online.profile_of(identities).values()))
    return sorted(profiles, key=lambda each: (-len(house.online.identities_of(each)), each))[:_SHOWN]
