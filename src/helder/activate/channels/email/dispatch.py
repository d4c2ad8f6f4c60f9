"""Messages from the outbox to the moment of sending: claim, compose, decide, mark. No network.

A batch is claimed and composed at once, but marked as being sent one message at a time, when a connection is about to
hand it over: so a sender that dies leaves one message a connection of which nobody knows, and not a batch.

The decision, the reading of what it is decided on in state, and the mark are one transaction. So two senders never mail
the same person at once, and an opt-out that came before the mark counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from helder.activate.channels.email.message import BadAddress, Letter, build, mailbox
from helder.activate.composing import Composed, Composer
from helder.activate.content.template import TemplateFault
from helder.activate.known import gather, soft_purposes
from helder.activate.letterhead import keep, letterhead_of
from helder.activate.outbox import Made, Message, Verdict, claim, mark_sending, record
from helder.activate.people import Contact, People
from helder.activate.permission import Ask, Skipped, decide
from helder.clock import stored
from helder.settings import Settings
from helder.store.state import State
from helder.store.tables.consents import suppression

_LONGEST_PAUSE = timedelta(days=366)
_SOON = timedelta(seconds=1)


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is claimed and composed; it may be handed over once it is marked as being sent."""

    message: Message
    contact: Contact
    """The person it is for."""
    made: Made
    sender: str
    """Envelope sender, a bare address."""
    to: str
    content: bytes


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one connection has to write between two messages."""

    token: str
    """Whose claim."""
    verdicts: Sequence[Verdict] = ()
    """What became of messages it had in hand."""
    bounced: Sequence[int] = ()
    """Identities of addresses that are not there."""
    next: Ready | None = None
    """What it wants to hand over now."""


class Dispatch:
    """Prepares batches and writes what became of them. Safe to share between threads."""

    def __init__(self, state: State, people: People, composer: Composer, settings: Settings) -> None:
        """Take messages from ``state``."""
        self._state = state
        self._people = people
        self._composer = composer
        self._settings = settings
        self._domain = mailbox(settings.sender).domain

    def take(self, token: str, limit: int, now: datetime) -> list[Ready]:
        """Claim up to ``limit`` messages; return those that can be written (``now``: aware UTC)."""
        with self._state.write() as connection:
            messages = claim(connection, token, limit, stored(now))
            head = keep(connection, letterhead_of(self._settings)) if messages else 0
        if not messages:
            return []
        contacts = self._people.contacts(each.envelope.identity_id for each in messages)
        letters, verdicts = self._letters(messages, now)
        if verdicts:
            with self._state.write() as connection:
                record(connection, token, verdicts)
        written = [each for each in messages if each.envelope.id in letters]
        return [_ready(each, contacts[each.envelope.identity_id], letters[each.envelope.id], head) for each in written]

    def exchange(self, steps: Sequence[Step], now: datetime) -> set[int]:
        """Write what became of messages, and mark the next ones, in one transaction (``now``: aware UTC).

        Returns:
            The ids of those that are marked as being sent, and must now be handed over. The others may not be sent, or
            are another sender's by now.
        """
        with self._state.write() as connection:
            for step in steps:
                record(connection, step.token, step.verdicts)
                _suppress(connection, step.bounced, now)
            permitted, refused = self._permitted(connection, [step.next for step in steps if step.next], now)
            held: set[int] = set()
            for step in steps:
                number = step.next.message.envelope.id if step.next else 0
                if step.next and number in permitted:
                    held |= mark_sending(connection, step.token, {number: step.next.made}, stored(now))
                elif number in refused:
                    record(connection, step.token, [refused[number]])
        return held

    def _letters(self, messages: Sequence[Message], now: datetime) -> tuple[dict[int, Letter], list[Verdict]]:
        """Return the letters that can be written, by message, and the verdict on those that cannot."""
        composed = self._composer.compose(messages, now)
        letters: dict[int, Letter] = {}
        verdicts: list[Verdict] = []
        for each in messages:
            number = each.envelope.id
            try:
                mailbox(each.address)
                letters[number] = self._letter(each, composed[number], now)
            except (TemplateFault, BadAddress) as fault:
                verdicts.append(Verdict(id=number, status="failed", reason=f"{fault.code}: {fault}"[:200]))
        return letters, verdicts

    def _letter(self, message: Message, composed: Composed | TemplateFault, now: datetime) -> Letter:
        if isinstance(composed, TemplateFault):
            raise composed
        envelope = message.envelope
        return Letter(
            mail=composed.mail,
            sender=composed.template.sender or self._settings.sender,
            reply_to=composed.template.reply_to,
            to=message.address,
            message_id=f"<{envelope.id}.{message.attempts}.{int(now.timestamp())}@{self._domain}>",
            at=now,
            unsubscribe=composed.unsubscribe,
            campaign=f"{envelope.journey}:{envelope.purpose}:{envelope.title or 'all'}:helder",
        )

    def _permitted(
        self, connection: Connection, ready: Sequence[Ready], now: datetime
    ) -> tuple[set[int], dict[int, Verdict]]:
        """Decide on each message; two for one person at once are decided on one after the other."""
        contacts = {each.message.envelope.identity_id: each.contact for each in ready}
        envelopes = [each.message.envelope for each in ready]
        known = gather(connection, envelopes, contacts, stored(now), _LONGEST_PAUSE) if ready else {}
        soft = soft_purposes(connection) if ready else frozenset()
        permitted: set[int] = set()
        refused: dict[int, Verdict] = {}
        taken: set[int] = set()
        for each in ready:
            number, whom = each.message.envelope.id, _whom(each)
            answer = decide(known[number], self._ask(each.message, soft, now))
            if isinstance(answer, Skipped):
                refused[number] = Verdict(id=number, status="skipped", reason=answer.reason)
            elif taken & whom:
                refused[number] = Verdict(id=number, status="queued", due_at=stored(now + _SOON))
            else:
                permitted.add(number)
                taken |= whom
        return permitted, refused

    def _ask(self, message: Message, soft: frozenset[str], now: datetime) -> Ask:
        envelope = message.envelope
        days = self._settings.mail_pause_days if envelope.pause_days is None else envelope.pause_days
        return Ask(
            purpose=envelope.purpose,
            title=envelope.title,
            pause=timedelta(days=days),
            soft_opt_in=envelope.purpose in soft,
            now=now,
        )


def _ready(message: Message, contact: Contact, letter: Letter, head: int) -> Ready:
    return Ready(
        message=message,
        contact=contact,
        made=Made(message_id=letter.message_id, letterhead_id=head, made_at=stored(letter.at)),
        sender=mailbox(letter.sender).addr_spec,
        to=mailbox(message.address).addr_spec,
        content=build(letter),
    )


def _suppress(connection: Connection, bounced: Sequence[int], now: datetime) -> None:
    """Write down the addresses that are not there."""
    for identity in bounced:
        row = {"identity_id": identity, "channel": "email", "reason": "hard_bounce"}
        values = {**row, "at": stored(now), "source": "smtp"}
        connection.execute(insert(suppression).values(values).on_conflict_do_nothing())


def _whom(ready: Ready) -> set[int]:
    """Return everybody that a message reaches."""
    envelope = ready.message.envelope
    return {envelope.identity_id, envelope.address_identity, *ready.contact.identities}
