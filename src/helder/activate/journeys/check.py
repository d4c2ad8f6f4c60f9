"""What is wrong with a journey that can be read: references that lead nowhere and choices that contradict. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from helder.activate.journeys.graph import END, Branch, Email, Holdout, Journey, follows

_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}\Z")


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a journey may refer to."""

    segments: frozenset[str]
    templates: frozenset[str]
    purposes: frozenset[str]
    needs: dict[str, frozenset[str]] = {}
    """Template → the variables that it cannot do without, such as ``workshop.title``."""
    given: frozenset[str] = frozenset()
    """Variables that every mail is given, such as ``person.greeting``."""


def faults(journey: Journey, known: Known) -> list[str]:
    """Return what is wrong, each as a sentence that names the node; empty when nothing is."""
    return [
        fault for rule in (_whole, _enter, _goal, _steps, _values, _holdouts, _reach) for fault in rule(journey, known)
    ]


def _whole(journey: Journey, _known: Known) -> Iterator[str]:
    if not _KEY.match(journey.key):
        yield f"key: {journey.key!r} must be lower-case letters, digits and hyphens, at most 63"
    if not journey.steps:
        yield "step: a journey has at least one step"
    if len(journey.steps) > 200:
        yield "step: a journey has at most 200 steps"


def _enter(journey: Journey, known: Known) -> Iterator[str]:
    if journey.enter.segment not in known.segments:
        yield f"enter: there is no segment {journey.enter.segment!r}"
    if journey.enter.again_after_days is not None and journey.enter.again_after_days < 0:
        yield "enter: again_after_days cannot be negative"


def _goal(journey: Journey, known: Known) -> Iterator[str]:
    if journey.goal.event and journey.goal.segment:
        yield "goal: either an event or a segment, not both"
    if journey.goal.segment and journey.goal.segment not in known.segments:
        yield f"goal: there is no segment {journey.goal.segment!r}"


def _steps(journey: Journey, known: Known) -> Iterator[str]:
    for number, step in enumerate(journey.steps, 1):
        if isinstance(step, Branch) and step.segment not in known.segments:
            yield f"step {number} (branch): there is no segment {step.segment!r}"
        if isinstance(step, Email) and step.template not in known.templates:
            yield f"step {number} (email): there is no template {step.template!r}"
        if isinstance(step, Email) and step.purpose not in known.purposes:
            yield f"step {number} (email): there is no purpose {step.purpose!r}"
        if isinstance(step, Email) and step.pause_days is not None and step.pause_days < 0:
            yield f"step {number} (email): pause_days cannot be negative"


def _values(journey: Journey, known: Known) -> Iterator[str]:
    """A variable that nobody gives would fail the mail of everybody; better told now."""
    for number, step in enumerate(journey.steps, 1):
        if not isinstance(step, Email):
            continue
        given = known.given | {f"{group}.{name}" for group, values in step.values.items() for name in values}
        if missing := sorted(known.needs.get(step.template, frozenset()) - given - step.values.keys()):
            yield f"step {number} (email): the template {step.template!r} needs {', '.join(missing)}, not given"


def _holdouts(journey: Journey, _known: Known) -> Iterator[str]:
    found = [(number, step) for number, step in enumerate(journey.steps, 1) if isinstance(step, Holdout)]
    if len(found) > 1:
        yield f"step {found[1][0]} (holdout): a journey has one holdout, so that the result compares two groups"
    for number, step in found:
        if not 0 <= step.percent <= 100:
            yield f"step {number} (holdout): percent is from 0 to 100"
        if any(isinstance(earlier, Email) for earlier in journey.steps[: number - 1]):
            yield f"step {number} (holdout): comes after a mail, so that those held out would be mailed too"


def _reach(journey: Journey, _known: Known) -> Iterator[str]:
    """Every step can be come to; in a graph that only goes forward one pass finds them all."""
    reached = {0}
    for number, step in enumerate(journey.steps):
        if number in reached:
            reached.update(follows(step))
    for number in range(len(journey.steps)):
        if number not in reached:
            yield f"step {number + 1}: no way leads to it"
    if wrong := [to for step in journey.steps for to in follows(step) if to != END and to >= len(journey.steps)]:
        yield f"step: leads to number {wrong[0]}, which is not there"
