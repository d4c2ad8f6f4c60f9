"""How a journey stands: everybody in it, counted once, by how it ended for them."""

from __future__ import annotations

import msgspec
from sqlalchemy import func, select

from helder.errors import NotFound
from helder.store.state import State
from helder.store.tables.journeys import enrolment, journey, journey_version


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """Enrolments of all versions of one journey. ``outcomes`` add up to ``ended``; ``skipped`` to its outcome."""

    audience: int
    ended: int
    outcomes: dict[str, int]
    """Enrolments by outcome; see ``journeys.graph.OUTCOMES``."""
    skipped: dict[str, int]
    """Those that were skipped, by reason."""
    waiting_because: str
    """Why the journey is held up now; empty when it is not."""


def tally(state: State, key: str) -> Tally:
    """Return how the journey ``key`` stands.

    Raises:
        NotFound: when there is no such journey.
    """
    mine = select(journey_version.c.id).join(journey, journey.c.id == journey_version.c.journey_id)
    counted = (
        select(enrolment.c.outcome, enrolment.c.reason, func.count())
        .where(enrolment.c.journey_version.in_(mine.where(journey.c.key == key)))
        .group_by(enrolment.c.outcome, enrolment.c.reason)
    )
    with state.read() as connection:
        waiting = connection.scalar(select(journey.c.waiting_because).where(journey.c.key == key))
        rows = connection.execute(counted).all()
    if waiting is None:
        raise NotFound(f"there is no journey {key!r}")
    outcomes: dict[str, int] = {}
    for outcome, _, number in rows:
        if outcome is not None:
            outcomes[outcome] = outcomes.get(outcome, 0) + number
    return Tally(
        audience=sum(number for _, _, number in rows),
        ended=sum(outcomes.values()),
        outcomes=outcomes,
        skipped={reason: number for outcome, reason, number in rows if outcome == "skipped"},
        waiting_because=waiting,
    )
