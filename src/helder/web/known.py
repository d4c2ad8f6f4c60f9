"""What is told on a person's page beside the golden record: consents, links, decisions and messages, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import or_, select

from helder.access.users import Users
from helder.clock import aware
from helder.errors import NotFound
from helder.govern.purposes import read_purposes
from helder.integrate.definitions import read_definitions
from helder.integrate.view import ProfileView, ViewedLink
from helder.store.state import State
from helder.store.tables.journeys import journey
from helder.store.tables.outbox import outbox
from helder.store.tables.sources import match_decision
from helder.web.translate import Translator

_MOST = 30


class Consent(msgspec.Struct, frozen=True):
    """The choice for a purpose that holds: the most restrictive of all the person's identities."""

    label: str
    given: bool


class Decision(msgspec.Struct, frozen=True):
    """What somebody decided on who is who."""

    what: str
    reason: str
    by: str
    at: datetime
    undo: tuple[str, str] | None
    """The two identities, when it holds and can be taken back."""


class Message(msgspec.Struct, frozen=True):
    """A mail that was sent, or was not."""

    id: int
    name: str
    status: str
    at: datetime | None


def consents(state: State, t: Translator, person: ProfileView) -> list[Consent]:
    """Return the choices of a person by purpose."""
    purposes, found = read_purposes(state), dict[str, bool]()
    for each in person.permissions:
        found[each.purpose] = found.get(each.purpose, True) and each.choice == "yes"
    named = ((purposes[key].label if key in purposes else None, key, given) for key, given in sorted(found.items()))
    return [Consent(getattr(label, t.language) if label else key, given) for label, key, given in named]


def kind_label(state: State, t: Translator, kind: str) -> str:
    """Return what a kind of identity is called: *customer number in Web shop*."""
    plain = {
        "email": t.gettext("E-mail address"),
        "phone": t.gettext("Phone number"),
        "loyalty": t.gettext("Loyalty card"),
        "device": t.gettext("Device"),
    }
    if kind in plain:
        return plain[kind]
    head, _, source = kind.partition(":")
    definition = read_definitions(state).get(source)
    where = getattr(definition.mapping.name, t.language) if definition else source
    patterns = {
        "customer": t.gettext("Customer number in %(source)s"),
        "user": t.gettext("Account on %(source)s"),
        "anonymous": t.gettext("Browser on %(source)s"),
    }
    return patterns[head] % {"source": where} if head in patterns else kind


def source_names(state: State, t: Translator) -> dict[str, str]:
    """Return what each source is called, by key."""
    return {key: getattr(found.mapping.name, t.language) for key, found in read_definitions(state).items()}


def link_words(state: State, t: Translator, link: ViewedLink) -> dict[str, str]:
    """Return a link as the page tells it: its two ends, why, and why it was not followed."""
    reasons = {
        "same_record": t.gettext("stand in one record"),
        "shared_key": t.gettext("share a key"),
        "identified": t.gettext("used together"),
        "decision": t.gettext("joined by a person"),
        "link": t.gettext("joined by a person"),
    }
    refused = {
        "crowded_key": t.gettext("not followed: too many people share it"),
        "shared_key": t.gettext("not followed: it is shared by several people"),
        "cut": t.gettext("not followed: somebody keeps them apart"),
        "two_customers": t.gettext("not followed: these are two customers of one source"),
        "": "",
    }
    ends = {"a": _end(state, t, link.a), "b": _end(state, t, link.b), "first": link.a, "second": link.b}
    why = reasons.get(link.reason, link.reason.replace("_", " "))
    return {**ends, "why": why, "source": link.source, "refused": refused.get(link.refused, link.refused)}


def decisions(state: State, users: Users, t: Translator, ids: Sequence[int]) -> list[Decision]:
    """Return what was decided on these identities, newest first; what holds can be taken back."""
    at = match_decision.c
    mine = select(match_decision).where(or_(at.a.in_(list(ids)), at.b.in_(list(ids)))).order_by(at.id)
    with state.read() as connection:
        rows = connection.execute(mine).all()
    holding: dict[tuple[int, int], int] = {}
    for row in rows:
        holding.pop((row.a, row.b), None)
        if not row.decision.startswith("undo_"):
            holding[row.a, row.b] = row.id
    what = {
        "link": t.gettext("Joined as one person"),
        "cut": t.gettext("Kept apart"),
        "undo_link": t.gettext("Joining taken back"),
        "undo_cut": t.gettext("Keeping apart taken back"),
    }
    return [
        Decision(
            what[row.decision],
            row.reason,
            who_did(users, t, row.decided_by),
            aware(row.at),
            (str(row.a), str(row.b)) if holding.get((row.a, row.b)) == row.id else None,
        )
        for row in reversed(rows)
    ]


def messages(state: State, ids: Sequence[int]) -> list[Message]:
    """Return the mails to these identities, newest first, with the name of their journey."""
    mine = select(outbox.c.id, outbox.c.status, outbox.c.sent_at, journey.c.name).join_from(
        outbox, journey, outbox.c.journey == journey.c.key
    )
    newest = mine.where(outbox.c.identity_id.in_(list(ids))).order_by(outbox.c.id.desc()).limit(_MOST)
    with state.read() as connection:
        rows = connection.execute(newest).all()
    return [Message(row.id, row.name, row.status, aware(row.sent_at) if row.sent_at else None) for row in rows]


def _end(state: State, t: Translator, text: str) -> str:
    kind, _, value = text.partition(" ")
    if kind == "another":
        return t.gettext("somebody else's")
    return t.labelled(kind_label(state, t, kind), value)


def who_did(users: Users, t: Translator, actor: str) -> str:
    """Return who an actor of the audit trail is."""
    head, _, number = actor.partition(":")
    if head == "user" and number.isdigit():
        try:
            return users.get(int(number)).name
        except NotFound:
            return t.gettext("somebody who left")
    return {"link": t.gettext("whoever runs this machine")}.get(actor, actor)
