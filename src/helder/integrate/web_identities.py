"""Whose a web event is, and what it says about who is who.

Most events say nothing new: for those the answer is one look in a dict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from helder.collect.event import Event
from helder.integrate.definitions import read_definitions
from helder.integrate.identifiers import Identifiers, Identity
from helder.integrate.showings import Showings, Shown
from helder.integrate.signed_links import HELDER, Named, Signers
from helder.store.state import State

LOGIN, SAME_RECORD, SIGNED, DEVICE = 80, 90, 70, 50
"""Strength of links: a log-in, an identifier in one record, a signed word (in a mail's link, or from another site of
the company), a shared device (weak)."""
_MOST = 500_000
_TRAITS = {
    "firstName": "first_name", "first_name": "first_name", "lastName": "last_name", "last_name": "last_name",
    "infix": "infix", "gender": "gender", "language": "language", "locale": "language",
}  # fmt: skip
_ADDRESS = {"street": "street", "houseNumber": "house_number", "postalCode": "postcode", "city": "city",
            "country": "country"}  # fmt: skip

Pair = tuple[Identity, Identity, str, int]
"""A link: one, other, reason, strength."""


class Identified(msgspec.Struct, frozen=True, gc=False):
    """Whose an event is, and what it says about who is who."""

    identity: Identity
    """The user's, else the anonymous one, else the address that it gives."""
    others: tuple[Identity, ...] = ()
    """Other identities that it mentions."""
    links: tuple[Pair, ...] = ()
    person: dict[str, object] | None = None
    """Fields of the golden record that an identify call states."""
    shown: str = ""
    """Which signed word of Helder's its page was come to by; the word itself is not kept."""


class Kinds(msgspec.Struct, frozen=True, gc=False):
    """Identity kinds of one web source."""

    user: str
    anonymous: str


class WebIdentities:
    """Identifies events. One thread uses it; it remembers what it worked out."""

    def __init__(
        self,
        state: State,
        key: bytes,
        link_key: bytes,
        recall: Callable[[datetime], Iterable[Shown]] = lambda _since: (),
    ) -> None:
        """Find sources in ``state``.

        Args:
            state: where sources and the secrets of those that sign links are.
            key: makes identities.
            link_key: signs Helder's own words.
            recall: returns who showed a word of Helder's since a moment (naive UTC), oldest first: asked for once,
                when the first word comes after a start.
        """
        self._state = state
        self._identifiers = Identifiers(key)
        self._link_key = link_key
        self._known: dict[tuple[str, str | None, str | None], Identified | None] = {}
        self._kinds: dict[str, Kinds] = {}
        self._signers = Signers({})
        self._showings = Showings(recall)
        self.refresh()

    def refresh(self) -> None:
        """Read the sources anew: after one was added or changed."""
        found = read_definitions(self._state)
        self._kinds = {
            key: Kinds(item.mapping.user_id_kind or f"user:{key}", f"anonymous:{key}") for key, item in found.items()
        }
        secrets = {key: item.mapping.link_secret.encode() for key, item in found.items() if item.mapping.link_secret}
        self._signers = Signers({**secrets, HELDER: self._link_key})
        self._known.clear()

    def __call__(self, event: Event) -> Identified | None:
        """Return whose ``event`` is; None when its ids say nothing."""
        ids = (event.source, event.user_id, event.anonymous_id)
        try:
            plain = self._known[ids]
        except KeyError:
            plain = self._remember(ids)
        if event.traits is None and event.device_id is None and event.previous_id is None and not _signed(event.url):
            return plain
        return self._more(event, plain)

    def _remember(self, ids: tuple[str, str | None, str | None]) -> Identified | None:
        """Work out what a source's user and anonymous id say, for the first event and all that follow."""
        source, user_id, anonymous_id = ids
        if source not in self._kinds:
            self.refresh()
        # A key may be made for a source before its mapping is there: looked for once, not with every event.
        kinds = self._kinds.setdefault(source, Kinds(f"user:{source}", f"anonymous:{source}"))
        user = self._identifiers.identity(kinds.user, user_id) if user_id else None
        anonymous = self._identifiers.identity(kinds.anonymous, anonymous_id) if anonymous_id else None
        found: Identified | None = None
        if user and anonymous:
            found = Identified(user, (anonymous,), ((user, anonymous, "login", LOGIN),))
        elif user or anonymous:
            found = Identified(user or anonymous)  # pyrefly: ignore[bad-argument-type] - one of the two is there
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[ids] = found
        return found

    def _more(self, event: Event, plain: Identified | None) -> Identified | None:
        """Return what an event with traits, a signed link, a device or an alias says besides."""
        traits = event.traits if event.type == "identify" else None
        keys = self._trait_keys(traits or {})
        if plain is None:
            if not keys:
                return None
            plain = Identified(keys[0])
        main = plain.identity
        strength, reason = (LOGIN, "login") if main.kind.startswith("anonymous:") else (SAME_RECORD, "same_record")
        links = [*plain.links, *((main, key, reason, strength) for key in keys if key.id != main.id)]
        others = [*plain.others, *keys]
        browser = plain.others[0] if plain.others else main
        word = self._word(event)
        if word is not None and (found := self._named(word, event, main, browser)):
            links.append((browser, *found))
            others += [found[0]] if found[0].kind else []
        for other, why, weight in self._weaker(event):
            links.append((main if why == "login" else browser, other, why, weight))
            others.append(other)
        person = _person(traits, keys) if traits else None
        return Identified(main, tuple(others), tuple(links), person, word.once if word else "")

    def _trait_keys(self, traits: Mapping[str, object]) -> list[Identity]:
        """Return the identities among the traits."""
        found = []
        for kind in ("email", "phone"):
            raw = traits.get(kind)
            identity = self._identifiers.identity(kind, raw) if isinstance(raw, str) else None
            if identity is not None:
                found.append(identity)
        return found

    def _weaker(self, event: Event) -> list[tuple[Identity, str, int]]:
        """Return the consented device, and an alias."""
        found: list[tuple[Identity, str, int]] = []
        if event.device_id and (device := self._identifiers.identity("device", event.device_id)):
            found.append((device, "device", DEVICE))
        if event.previous_id and event.type == "alias":
            kinds = self._kinds.get(event.source)
            before = self._identifiers.identity(kinds.anonymous, event.previous_id) if kinds else None
            if before is not None:
                found.append((before, "login", LOGIN))
        return found

    def _word(self, event: Event) -> Named | None:
        """Return what the signed word in an event's address says; None for one that ended or is forged."""
        url = event.url or ""
        return self._signers.read(url, event.at.replace(tzinfo=UTC)) if _signed(url) else None

    def _named(self, named: Named, event: Event, main: Identity, browser: Identity) -> tuple[Identity, str, int] | None:
        """Return whom a signed word names: nobody, when another browser of this site showed it before."""
        if not self._first(named, event, main, browser):
            return None
        if named.identity is not None:
            return Identity("", "", named.identity), named.reason, SIGNED
        who = self._identifiers.identity(named.kind, named.value)
        return None if who is None else (who, named.reason, SIGNED)

    def _first(self, named: Named, event: Event, main: Identity, browser: Identity) -> bool:
        """Tell whether this browser may be the one whom a word is for: none before it showed it on this site."""
        shown = [Shown(event.source, named.once, each.id) for each in (browser, main)]
        return not named.once or self._showings.first(shown, event.received_at)


def _signed(url: str | None) -> bool:
    return url is not None and "hld=" in url


def _person(traits: Mapping[str, object], keys: list[Identity]) -> dict[str, object]:
    """Return the fields of the golden record that traits state; others go along as ``extra``."""
    person: dict[str, object] = {key.kind: key.value for key in keys}
    extra: dict[str, Any] = {}
    for name, value in traits.items():
        if name in _TRAITS and isinstance(value, str):
            person[_TRAITS[name]] = value.strip()[:200]
        elif name == "birthday" and (born := _day(value)):
            person["birth_date"] = born
        elif name == "address" and isinstance(value, dict):
            person |= {_ADDRESS[part]: str(value[part])[:200] for part in _ADDRESS if value.get(part)}
        elif name == "name" and isinstance(value, str) and "lastName" not in traits and "last_name" not in traits:
            person["last_name"] = value.strip()[:200]
        elif name not in {"email", "phone"} and value is not None:
            extra[name] = value
    if extra:
        person["extra"] = msgspec.json.encode(extra).decode()
    return person


def _day(value: object) -> date | None:
    """Return the day that an ISO text begins with, when a person can have been born on it."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2100 else None
