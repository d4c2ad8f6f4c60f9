"""What happens to one person at one step. Pure.

The stage does the same for thousands at once in SQL; a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from helder.activate.journeys.graph import Branch, Email, Holdout, Journey, Wait


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the person when the step is taken."""

    holdout: bool = False
    """Held out of this journey."""
    goal: bool = False
    """Has reached the goal since entering."""
    still: bool = True
    """Still answers to the rule of the segment of entry."""
    inside: bool = False
    """Is in the segment that a branch asks about."""
    address: bool = True
    """Has an address to send to."""


class Go(msgspec.Struct, frozen=True):
    """Stand before another step."""

    step: int
    due_at: datetime
    """From when that step may be taken."""
    mail: bool = False
    """A message was put in the outbox."""


class Ended(msgspec.Struct, frozen=True):
    """The enrolment is over."""

    outcome: str
    """One of ``graph.OUTCOMES``."""
    reason: str = ""


def take(journey: Journey, number: int, person: Situation, now: datetime) -> Go | Ended:
    """Return what becomes of an enrolment that stands before step ``number`` when that step is due at ``now``."""
    step = journey.steps[number]
    match step:
        case Wait():
            return Go(step.next, now + timedelta(seconds=step.seconds))
        case Holdout():
            return Ended("holdout") if person.holdout else Go(step.next, now)
        case Branch():
            return Go(step.then if person.inside else step.otherwise, now)
        case Email():
            return before_mail(person) or Go(step.next, now, mail=True)


def before_mail(person: Situation) -> Ended | None:
    """Return why no message is made for a person; None when one is.

    The goal comes first: somebody who has just done what the mail asks for has also left the segment, and it is the
    goal that says why.
    """
    if person.goal:
        return Ended("goal")
    if not person.still:
        return Ended("left")
    if person.holdout:
        return Ended("holdout")
    if not person.address:
        return Ended("skipped", "no_address")
    return None


def at_end(messages: list[tuple[str, str]]) -> Ended:
    """Return how an enrolment ends whose messages ended as (status, reason), oldest first.

    One message that was sent makes it sent; else one of which nobody knows makes it unknown; else the last one decides.

    Args:
        messages: final statuses only: sent, failed, skipped or unknown.
    """
    if not messages:
        return Ended("skipped", "no_message")
    best = next((each for status in ("sent", "unknown") for each in messages if each[0] == status), messages[-1])
    return Ended(*best) if best[0] != "sent" else Ended("sent")
