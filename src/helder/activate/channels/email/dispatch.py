"""One batch of messages from the outbox to the moment of sending: claim, compose, decide, mark. No network.

The decision, the reading of what it is decided on in state, and the mark that the message is being sent are one
transaction. So two senders never mail the same person at once, and an opt-out that came before the mark counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite import insert

from helder.activate.channels.email.message import BadAddress, Letter, build, mailbox
from helder.activate.composing import Composed, Composer
from helder.activate.content.template import TemplateFault
from helder.activate.known import gather, soft_purposes
from helder.activate.outbox import Message, Verdict, claim, mark_sending, record
from helder.activate.people import Contact, People
from helder.activate.permission import Ask, Skipped, decide
from helder.clock import stored
from helder.settings import Settings
from helder.store.state import State
from helder.store.tables.consents import suppression

_LONGEST_PAUSE = timedelta(days=366)
_SOON = timedelta(seconds=1)


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """A message that is marked as being sent and must now be handed over."""

    message: Message
    sender: str
    """Envelope sender, a bare address."""
    to: str
    content: bytes


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
        """Claim up to ``limit`` messages; return those that may be sent, marked as being sent (``now``: aware UTC)."""
        with self._state.write() as connection:
            messages = claim(connection, token, limit, stored(now))
        if not messages:
            return []
        contacts = self._people.contacts(each.envelope.identity_id for each in messages)
        letters, verdicts = self._letters(messages, now)
        with self._state.write() as connection:
            permitted, refused = self._permitted(connection, letters, messages, contacts, now)
            held = mark_sending(connection, token, {each: letters[each].message_id for each in permitted}, stored(now))
            record(connection, token, [*verdicts, *refused])
        return [self._ready(each, letters[each.envelope.id]) for each in messages if each.envelope.id in held]

    def finish(self, token: str, verdicts: Sequence[Verdict], bounced: Sequence[int], now: datetime) -> None:
        """Write what became of the messages, and the addresses that are not there (``now``: aware UTC)."""
        with self._state.write() as connection:
            record(connection, token, verdicts)
            for identity in bounced:
                row = {"identity_id": identity, "channel": "email", "reason": "hard_bounce"}
                values = {**row, "at": stored(now), "source": "smtp"}
                connection.execute(insert(suppression).values(values).on_conflict_do_nothing())

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
        self,
        connection: Connection,
        letters: Mapping[int, Letter],
        messages: Sequence[Message],
        contacts: Mapping[int, Contact],
        now: datetime,
    ) -> tuple[list[int], list[Verdict]]:
        """Decide on each message; two for one person in a batch are decided on one after the other."""
        written = [each for each in messages if each.envelope.id in letters]
        known = gather(connection, [each.envelope for each in written], contacts, stored(now), _LONGEST_PAUSE)
        soft = soft_purposes(connection)
        permitted: list[int] = []
        refused: list[Verdict] = []
        taken: set[int] = set()
        for each in written:
            number, whom = each.envelope.id, _whom(each, contacts)
            answer = decide(known[number], self._ask(each, soft, now))
            if isinstance(answer, Skipped):
                refused.append(Verdict(id=number, status="skipped", reason=answer.reason))
            elif taken & whom:
                refused.append(Verdict(id=number, status="queued", due_at=stored(now + _SOON)))
            else:
                permitted.append(number)
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

    def _ready(self, message: Message, letter: Letter) -> Ready:
        to, sender = mailbox(message.address), mailbox(letter.sender)
        return Ready(message=message, sender=sender.addr_spec, to=to.addr_spec, content=build(letter))


def _whom(message: Message, contacts: Mapping[int, Contact]) -> set[int]:
    """Return everybody that a message reaches."""
    envelope = message.envelope
    return {envelope.identity_id, envelope.address_identity, *contacts[envelope.identity_id].identities}
