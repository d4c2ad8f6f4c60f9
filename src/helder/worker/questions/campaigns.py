"""Questions about what is done: goals, purposes, templates, journeys, and what came of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from helder.activate.content.template import read_template
from helder.activate.definitions import save_journey, save_template, set_status, start_journey
from helder.activate.journeys.parse import parse_toml
from helder.activate.tally import Tally, tally
from helder.govern import audit
from helder.govern.entries import read_catalogue
from helder.govern.goals import read_goal_file, save_goal
from helder.govern.purposes import read_purpose_file, save_purposes
from helder.measure.result import Result, Sample, result, samples
from helder.wiring import House
from helder.worker.answering import Handler


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

    every: tuple[Callable[..., object], ...] = (
        goal_save,
        purposes_save,
        template_save,
        journey_save,
        journey_start,
        journey_status,
        journey_tally,
        campaign_result,
        campaign_samples,
    )
    return {each.__name__: each for each in every}
