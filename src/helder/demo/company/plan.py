"""Who starts a workshop registration, how it ends, and what must be so for that in the sources.

The states are planned; whether a person belongs in the audience is not read off the plan but decided afterwards from
what was emitted (``truth.py``), since the mess of life may have undone the plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from helder.demo.company import rates
from helder.demo.company.people import People

# state → share of starters
STATES = {
    "right": 0.34,
    "finished_at_once": 0.165,
    "finished_elsewhere": 0.08,
    "ordered_by_phone": 0.155,
    "not_yet_due": 0.04,
    "no_permission": 0.05,
    "opted_out": 0.06,
    "complaint": 0.035,
    "mailed": 0.045,
    "unlinkable": 0.03,
}
DAY = 86_400


@dataclass(slots=True)
class Starter:
    """A person who starts a registration.

    ``person`` counts within the chunk; ``way`` is how the visit can be linked: "login", "landing" or "none";
    ``ground`` is why the person may be mailed: "newsletter", "shop", "customer" (bought before) or "none";
    ``ago`` is how long before ``as_of`` the start was, in seconds.
    """

    person: int
    state: str
    way: str
    ground: str
    objection: str
    pinned: bool
    ago: int


def plan(rng: np.random.Generator, people: People) -> dict[int, Starter]:
    """Choose the starters of a chunk, by person."""
    able = [n for n in range(len(people)) if not people.family_email[n] and not people.office_email[n]]
    count = min(len(able), round(len(people) * rates.STARTERS))
    chosen = sorted(rng.choice(np.array(able), count, replace=False).tolist()) if count else []
    states = rng.permutation(_shares(count)).tolist()
    luck = rng.random((count, 5)).tolist()
    return {who: _starter(who, state, dice) for who, state, dice in zip(chosen, states, luck, strict=True)}


def _shares(count: int) -> np.ndarray:
    """Return ``count`` states in the planned proportions."""
    edges = np.cumsum(list(STATES.values())) / sum(STATES.values())
    return np.array(list(STATES))[np.searchsorted(edges, (np.arange(count) + 0.5) / max(count, 1))]


def _starter(person: int, state: str, dice: list[float]) -> Starter:
    """Fill in what the state leaves open."""
    ground = _ground(state, dice[1])
    return Starter(
        person=person,
        state=state,
        way=_way(state, ground, dice[0]),
        ground=ground,
        objection=("newsletter", "shop", "ticket")[int(dice[2] * 3)] if state == "opted_out" else "",
        pinned=dice[3] < rates.PINNED or state == "finished_elsewhere",
        ago=_ago(state, dice[4]),
    )


def _ground(state: str, luck: float) -> str:
    """Return why this person may be mailed about workshops."""
    if state in {"no_permission", "unlinkable"}:
        return "none"
    return "newsletter" if luck < 0.45 else "shop" if luck < 0.7 else "customer"


def _way(state: str, ground: str, luck: float) -> str:
    """Return how the visit is linked to the person."""
    if state == "unlinkable":
        return "none"
    return "landing" if luck < 0.35 and (ground == "newsletter" or state == "no_permission") else "login"


def _ago(state: str, luck: float) -> int:
    """Return seconds since the start, well away from the moments where the answer flips while the demo runs."""
    if state == "not_yet_due":
        return int(600 + luck * 22 * 3600)
    return int(26 * 3600 + luck * (13.5 * DAY - 26 * 3600))
