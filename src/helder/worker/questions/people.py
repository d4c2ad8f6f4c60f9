"""Questions about one person: the golden record with where it came from, and decisions on who is who."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from helder.activate.worth import Worth, worth
from helder.clock import stored
from helder.govern import audit
from helder.integrate.view import ProfileView
from helder.wiring.house import House
from helder.worker.answering import Handler


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers. ``who`` is an e-mail address, a number or a name; it is never logged."""

    def profile_show(who: str) -> ProfileView:
        """Return one person: golden record with provenance, identities, links and timeline."""
        return house.profiles.show(house.profiles.find(who), house.clock())

    def profile_merge(first: str, second: str, reason: str, actor: str = "command line") -> None:
        """Decide that two people are one; ``profile_split`` undoes it."""
        _decide("profile.merge", first, second, reason, actor)

    def profile_split(first: str, second: str, reason: str, actor: str = "command line") -> None:
        """Decide that two identities are not one person; this always wins."""
        _decide("profile.split", first, second, reason, actor)

    def profile_undo(first: str, second: str, actor: str = "command line") -> None:
        """Take back the decision on two identities that holds."""
        house.profiles.undo(first, second, actor, house.clock())
        with house.state.write() as connection:
            audit.append(connection, audit.Entry(house.clock(), actor, "profile.undo", "profile:*"))

    def profile_worth(profile_id: int) -> list[Worth]:
        """Return what a person paid in the last 365 days, by currency, according to copied sources."""
        ids = house.online.identities_of(profile_id)
        rows = house.hot.rows("orders", ids, ["at", "status", "kind", "amount_micros", "currency"]).to_pylist()
        return worth(rows, stored(house.clock()) - timedelta(days=365))

    def _decide(action: str, first: str, second: str, reason: str, actor: str) -> None:
        decide = house.profiles.merge if action == "profile.merge" else house.profiles.split
        decide(first, second, reason, actor, house.clock())
        with house.state.write() as connection:
            audit.append(connection, audit.Entry(house.clock(), actor, action, "profile:*"))

    return {
        "profile_show": profile_show,
        "profile_merge": profile_merge,
        "profile_split": profile_split,
        "profile_undo": profile_undo,
        "profile_worth": profile_worth,
    }
