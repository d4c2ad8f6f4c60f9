"""A journey as data: where people enter, the steps they take, and when they leave. Pure."""

from __future__ import annotations

import msgspec

END = 9999
"""Number of the place behind the last step."""

OUTCOMES = ("sent", "failed", "skipped", "unknown", "goal", "left", "holdout")
"""How an enrolment may end; every one ends as exactly one of these."""


class Enter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who takes part: everybody in the segment at the start, and whoever comes into it later."""

    segment: str
    """Key of the segment."""
    again_after_days: int | None = None
    """Days after which a person who came into the segment again may take part again; None is never."""


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the journey is for; who has reached it is left alone. Either an event or a segment."""

    event: str = ""
    """Name of an event that came after entering."""
    segment: str = ""
    """Key of a segment that the person is in."""


class Cost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the journey costs, in units of the goal's currency, to be held against what it brings."""

    fixed: float = 0.0
    """Once: the hours that went into it, say."""
    per_mail: float = 0.0
    """For each mail that is sent."""


class Wait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="wait"):
    """Stay for a while."""

    seconds: int
    """How long."""
    next: int
    """Number of the step that follows."""


class Branch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="branch"):
    """Go one way when in the segment now, the other way when not."""

    segment: str
    """Key of the segment that is asked about, at the moment of the step."""
    then: int
    """Number of the step for those in it."""
    otherwise: int
    """Number of the step for the rest."""


class Holdout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="holdout"):
    """Leave a random part in peace, to compare with."""

    percent: float
    """Share that is left out, 0 to 100."""
    next: int
    """Number of the step for the others."""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a value for a template comes from: a property of the person's latest event of that name."""

    event: str
    """Name of the event."""
    property: str
    """Name of the property."""
    default: str | int | float | None = None
    """Value when there is no such event, or it has no such property."""


class Email(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="email"):
    """Put a mail in the outbox, for those who are still in the segment of entry."""

    template: str
    """Key of the template; its newest version is taken."""
    purpose: str
    """Key of the purpose that permission is needed for."""
    next: int
    """Number of the step that follows."""
    title: str = ""
    """Title (brand) on whose behalf; empty is the company as a whole."""
    values: dict[str, dict[str, Given | str | int | float | None]] = {}
    """Values for the template beside the person's: group → name → where from, or the value itself."""
    pause_days: int | None = None
    """Days that the person is left alone after an earlier mail; None is the company's setting."""


Step = Wait | Branch | Holdout | Email


class Journey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole journey."""

    key: str
    name: str
    enter: Enter
    steps: tuple[Step, ...]
    goal: Goal = Goal()
    """What ends it early; neither event nor segment means nothing does."""
    cost: Cost = Cost()

    @property
    def holdout(self) -> float:
        """Percentage that is held out; 0 without such a step."""
        return next((step.percent for step in self.steps if isinstance(step, Holdout)), 0.0)


def follows(step: Step) -> tuple[int, ...]:
    """Return the numbers of the steps that ``step`` may lead to."""
    return (step.then, step.otherwise) if isinstance(step, Branch) else (step.next,)
