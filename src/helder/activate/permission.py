"""May this person be mailed now, at this address, for this purpose? Pure: what is known goes in, the answer comes out.

Consent: GDPR art. 6(1)(a) and 7(3), Telecommunicatiewet art. 11.7 lid 1. Existing customers: art. 11.7 lid 3: contact
data got with a sale may be used for one's own similar products, when a way out was and is offered every time; whether
a purpose is about similar products is decided by a person, once, in the list of purposes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec

Reason: TypeAlias = Literal[
    "erased",
    "no_address",
    "shared_address",
    "suppressed",
    "opted_out",
    "no_permission",
    "holdout",
    "already_mailed",
    "open_complaint",
    "pressure",
    "no_message",
]
"""Why somebody is not mailed. A closed set: results count by it."""

_ABOUT_THE_PERSON = frozenset({"complaint", "asked"})


class Choice(msgspec.Struct, frozen=True):
    """One choice from the ledger."""

    identity_id: int
    purpose: str
    title: str
    """Empty: for all titles."""
    agreed: bool
    at: datetime
    """Naive UTC."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a person and an address at the moment of deciding."""

    address: int | None
    """Identity of the address that the message would go to; None when there is none."""
    own: bool = True
    """The address belongs to this person and to nobody else."""
    others: frozenset[int] = frozenset()
    """Identities of the person's other addresses: a choice made for one of those was not made for this one."""
    choices: tuple[Choice, ...] = ()
    """Every choice of all identities of the person and of the address, in any order."""
    suppressed: frozenset[tuple[int, str]] = frozenset()
    """(identity, reason) of every suppression of the person and the address."""
    customer: bool = False
    """Paid for an order or a subscription."""
    mailed_at: datetime | None = None
    """When the person, or anybody at the address, was last mailed."""
    complaint: bool = False
    """Has a complaint that is not closed."""
    holdout: bool = False
    """Is held out of the journey, by whatever identity."""
    repeated: bool = False
    """The same step of the journey has mailed this person or this address."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What permission is asked for."""

    purpose: str
    title: str = ""
    pause: timedelta
    """Least time since the last mail."""
    soft_opt_in: bool = False
    """The purpose is about the company's own similar products."""
    now: datetime
    """Aware UTC."""


class Permitted(msgspec.Struct, frozen=True):
    """May be mailed, on this basis."""

    basis: Literal["consent", "existing_customer"]


class Skipped(msgspec.Struct, frozen=True):
    """May not be mailed, for this reason."""

    reason: Reason


def decide(known: Known, ask: Ask) -> Permitted | Skipped:
    """Return whether to mail. Reasons that nobody can wait out come first, so that the report names what matters."""
    if (reason := _never(known) or _refused(known, ask)) or (reason := _not_now(known, ask)):
        return Skipped(reason)
    return Permitted("consent" if "yes" in _answers(known, ask).values() else "existing_customer")


def agreed_to(choices: Iterable[Choice], purpose: str, title: str, now: datetime) -> set[int]:
    """Return the identities whose latest choice for the purpose (of this title, or of all) is yes (``now``: aware)."""
    return {identity for identity, choice in _latest(choices, purpose, title, now).items() if choice == "yes"}


def _never(known: Known) -> Reason | None:
    """Return why nothing may be sent whatever the message is."""
    reasons = {reason for identity, reason in known.suppressed if identity == known.address}
    reasons |= {reason for _, reason in known.suppressed} & (_ABOUT_THE_PERSON | {"erased"})
    if "erased" in reasons:
        return "erased"
    if known.address is None:
        return "no_address"
    if not known.own:
        return "shared_address"
    return "suppressed" if reasons else None


def _refused(known: Known, ask: Ask) -> Reason | None:
    """Return why the person's choices forbid it.

    Each identity has its own latest choice, and the most restrictive of them wins: who said no by one address is not
    written to at another. A yes counts for the address that it was given for, or for the person when it was given by
    something else than an address (a customer number, say).
    """
    answers = _answers(known, ask)
    if "no" in answers.values():
        return "opted_out"
    if any(identity not in known.others for identity in answers):
        return None
    if answers:
        return "no_permission"
    return None if ask.soft_opt_in and known.customer else "no_permission"


def _not_now(known: Known, ask: Ask) -> Reason | None:
    """Return why this is not the moment."""
    if known.holdout:
        return "holdout"
    if known.repeated:
        return "already_mailed"
    if known.complaint:
        return "open_complaint"
    pressed = known.mailed_at is not None and ask.now - known.mailed_at < ask.pause
    return "pressure" if pressed else None


def _answers(known: Known, ask: Ask) -> dict[int, str]:
    return _latest(known.choices, ask.purpose, ask.title, ask.now)


def _latest(choices: Iterable[Choice], purpose: str, title: str, now: datetime) -> dict[int, str]:
    """Return the latest choice of each identity: of two at the same moment, no wins.

    A source may date a choice in the future. A yes of tomorrow is none yet; a no counts from now on, or it would be
    undone by the next yes although it says that it is the later one.
    """
    moment = now.replace(tzinfo=None)
    found: dict[int, tuple[datetime, bool]] = {}
    for choice in choices:
        if choice.purpose != purpose or choice.title not in {"", title} or (choice.agreed and choice.at > moment):
            continue
        before = found.get(choice.identity_id)
        at = min(choice.at, moment)
        if before is None or (at, not choice.agreed) > (before[0], not before[1]):
            found[choice.identity_id] = (at, choice.agreed)
    return {identity: "yes" if agreed else "no" for identity, (_, agreed) in found.items()}
