"""One person: found, shown with where every value came from, joined with another or parted by a person's decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, or_, select

from helder.clock import aware, stored
from helder.errors import InvalidInput, NotFound
from helder.govern import consent
from helder.govern.catalogue import Catalogue
from helder.govern.entries import read_catalogue
from helder.integrate.definitions import SourceDefinition, read_definitions
from helder.integrate.finding import find_identity, profile_of
from helder.integrate.golden import groups
from helder.integrate.happenings import happenings
from helder.integrate.live import LiveSources
from helder.integrate.live_person import live_happenings, live_records
from helder.integrate.reading import identity_rows, link_rows, stated_records
from helder.integrate.survivorship import StatedRecord, Survivor, survivors
from helder.integrate.view import (
    GoldenValue,
    Happening,
    LostValue,
    Permission,
    ProfileView,
    ViewedIdentity,
)
from helder.store.facts.protocol import Facts
from helder.store.state import State
from helder.store.tables.sources import match_decision


class Profiles:
    """All people of one installation."""

    def __init__(self, facts: Facts, state: State, live: LiveSources, key: bytes) -> None:
        """Read from ``facts`` and ``live`` sources; decisions go to ``state``; ``key`` makes identities."""
        self._facts = facts
        self._state = state
        self._live = live
        self._key = key

    def find(self, text: str) -> int:
        """Return the profile id of the person that ``text`` means: an e-mail address, a number or a name.

        Raises:
            NotFound: when nobody is meant.
            Conflict: when several people are.
        """
        return profile_of(self._facts, find_identity(self._facts, self._state, self._key, text))

    def show(self, profile_id: int, now: datetime) -> ProfileView:
        """Return the person with provenance, identities, links, permissions and timeline.

        What live sources know is read now; one that cannot be read is named in ``unavailable``.

        Raises:
            NotFound: when there is no such profile (any more).
        """
        identities = identity_rows(self._facts, profile_id)
        if not identities:
            raise NotFound("there is no such profile; it may have been merged into another")
        catalogue = read_catalogue(self._state)
        definitions = read_definitions(self._state)
        trust = {key: found.mapping.trust for key, found in definitions.items()}
        records = stated_records(self._facts, identities, trust)
        live, timeline, unavailable = self._ask(definitions, identities, catalogue, now)
        found = survivors([*records, *live], groups(catalogue))
        ids = [item.identity_id for item in identities]
        told = [*happenings(self._facts, ids, catalogue), *timeline]
        return ProfileView(
            profile_id=profile_id,
            name=_name(found),
            values=_values(found, catalogue),
            identities=tuple(identities),
            links=link_rows(self._facts, identities),
            permissions=self._permissions(ids),
            timeline=tuple(sorted(told, key=lambda item: item.at, reverse=True)),
            sources=tuple(sorted({record.source for record in [*records, *live]} | {item.source for item in told})),
            unavailable=tuple(dict.fromkeys(unavailable)),
        )

    def merge(self, first: str, second: str, reason: str, actor: str, now: datetime) -> None:
        """Decide that two people are one.

        Args:
            first: an identity or a person, as for ``find``.
            second: the other.
            reason: why, for those who look later.
            actor: who decides.
            now: aware UTC.
        """
        a, b = self._pair(first, second)
        last = self._decisions(a, b)
        made = ["undo_cut", "link"] if "cut" in last else ["link"]
        self._decide(a, b, made, (reason, actor), now)

    def split(self, first: str, second: str, reason: str, actor: str, now: datetime) -> None:
        """Decide that two identities are not one person: undo the decision that joined them, or cut them apart."""
        a, b = self._pair(first, second)
        made = ["undo_link"] if "link" in self._decisions(a, b) else ["cut"]
        self._decide(a, b, made, (reason, actor), now)

    def undo(self, first: str, second: str, actor: str, now: datetime) -> None:
        """Take back the decision on two identities that holds, whichever it is.

        Raises:
            NotFound: when none does.
        """
        a, b = self._pair(first, second)
        holding = sorted(self._decisions(a, b))
        if not holding:
            raise NotFound("no decision on these two holds any more")
        self._decide(a, b, [f"undo_{decision}" for decision in holding], ("", actor), now)

    def _pair(self, first: str, second: str) -> tuple[int, int]:
        a, b = (find_identity(self._facts, self._state, self._key, text) for text in (first, second))
        if a == b:
            raise InvalidInput("these are one and the same identity")
        return min(a, b), max(a, b)

    def _decisions(self, a: int, b: int) -> set[str]:
        """Return which decisions on a pair hold: link, cut, both or none."""
        at = match_decision.c
        query = select(at.decision).where(or_((at.a == a) & (at.b == b), (at.a == b) & (at.b == a))).order_by(at.id)
        with self._state.read() as connection:
            holding: set[str] = set()
            for decision in connection.scalars(query):
                if decision.startswith("undo_"):
                    holding.discard(decision.removeprefix("undo_"))
                else:
                    holding.add(decision)
        return holding

    def _decide(self, a: int, b: int, decisions: Sequence[str], told: tuple[str, str], now: datetime) -> None:
        reason, actor = told
        rows = [
            {"a": a, "b": b, "decision": decision, "decided_by": actor, "reason": reason, "at": stored(now)}
            for decision in decisions
        ]
        with self._state.write() as connection:
            connection.execute(insert(match_decision), rows)

    def _permissions(self, ids: Sequence[int]) -> tuple[Permission, ...]:
        latest = consent.latest(self._state, list(ids))
        made = (Permission(c.purpose, c.channel, c.title, c.choice, aware(c.at), c.source) for c in latest)
        return tuple(dict.fromkeys(made))

    def _ask(
        self,
        definitions: dict[str, SourceDefinition],
        identities: Sequence[ViewedIdentity],
        catalogue: Catalogue,
        now: datetime,
    ) -> tuple[list[StatedRecord], list[Happening], list[str]]:
        """Read what live sources know of the person now."""
        unavailable: list[str] = []
        records = live_records(self._live, definitions, identities, now, unavailable)
        told = live_happenings(self._live, definitions, identities, catalogue, unavailable)
        return records, told, unavailable


def _name(found: dict[str, Survivor]) -> str:
    parts = (found[key].value for key in ("first_name", "infix", "last_name") if key in found)
    return " ".join(str(part) for part in parts)


def _values(found: dict[str, Survivor], catalogue: Catalogue) -> tuple[GoldenValue, ...]:
    """Return what holds, in the order of the catalogue."""
    keys = (field.key for fields in groups(catalogue) for field in fields)
    return tuple(_golden(found[key], catalogue) for key in keys if key in found)


def _golden(item: Survivor, catalogue: Catalogue) -> GoldenValue:
    field = catalogue.objects["person"].fields[item.field]
    lost = tuple(
        LostValue(str(other.value), other.source, aware(other.at), field.said(other.value)) for other in item.lost
    )
    return GoldenValue(
        field=item.field,
        label=field.label,
        value=str(item.value),
        source=item.source,
        at=aware(item.at),
        why=item.why,
        live=item.live,
        lost=lost,
        said=field.said(item.value),
    )
