"""The outbox: messages that wait, who has them in hand, and what became of them. SQL only; decisions are elsewhere.

    queued ─claim─► claimed ─mark─► sending ─record─► sent | failed | queued again (a passing fault)
       ▲               │               │
       └──time-out─────┘               └─time-out─► unknown (it may have gone out: never sent again)

A message is marked as being sent, with its Message-ID, and that is durable before the server is given the text. So
what a crash leaves as ``claimed`` was certainly not sent and is queued again; what it leaves as ``sending`` may have
been, and is never sent again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, RowMapping, and_, func, null, select, update

from helder.activate.known import Envelope, parts
from helder.store.tables.outbox import outbox

FINAL = ("sent", "failed", "skipped", "unknown")


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a sender has in hand."""

    envelope: Envelope
    address: str
    template_id: int
    values: str
    """JSON that the template is filled with."""
    attempts: int
    """How often it was tried, this time included."""


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a message was made with, beside its template and its values: enough to make it again, byte for byte."""

    message_id: str
    letterhead_id: int
    made_at: datetime
    """Naive UTC."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one message."""

    id: int
    status: str
    """sent, failed, skipped, or queued for another time."""
    reason: str = ""
    due_at: datetime | None = None
    """When to try again, for queued; naive UTC."""
    sent_at: datetime | None = None


def claim(connection: Connection, token: str, limit: int, now: datetime, channel: str = "email") -> list[Message]:
    """Take up to ``limit`` messages that are due; nobody else gets them until the claim times out.

    Args:
        connection: a write transaction.
        token: who takes them.
        limit: how many at most.
        now: naive UTC.
        channel: messages of which channel.
    """
    due = (
        select(outbox.c.id)
        .where(outbox.c.status == "queued", outbox.c.due_at <= now, outbox.c.channel == channel)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )
    taken = (
        update(outbox)
        .where(outbox.c.id.in_(due.scalar_subquery()), outbox.c.status == "queued")
        .values(status="claimed", claimed_by=token, claimed_at=now, attempts=outbox.c.attempts + 1)
        .returning(outbox)
    )
    rows = connection.execute(taken).mappings().all()
    return sorted((message_of(row) for row in rows), key=lambda each: each.envelope.id)


def mark_sending(connection: Connection, token: str, made: Mapping[int, Made], now: datetime) -> set[int]:
    """Mark claimed messages as being sent, made like this; return those that are still this claim's.

    Must be committed before the server hears the message.
    """
    marked: set[int] = set()
    for number, each in made.items():
        mine = and_(outbox.c.id == number, outbox.c.status == "claimed", outbox.c.claimed_by == token)
        values = {"status": "sending", "claimed_at": now, **msgspec.structs.asdict(each)}
        marked.update(connection.scalars(update(outbox).where(mine).values(**values).returning(outbox.c.id)))
    return marked


def record(connection: Connection, token: str, verdicts: Sequence[Verdict]) -> None:
    """Write what became of messages that this claim had in hand.

    A sender that was thought dead may still come with the truth about a message that was called unknown.
    """
    for verdict in verdicts:
        values = {"status": verdict.status, "reason": verdict.reason, "sent_at": verdict.sent_at}
        if verdict.status == "queued":
            values |= {"due_at": verdict.due_at, "claimed_by": None, "claimed_at": None}
            values |= {"message_id": "", "letterhead_id": None, "made_at": None}
        mine = (outbox.c.id == verdict.id, outbox.c.claimed_by == token)
        late = outbox.c.status.in_(("claimed", "sending")) | ((outbox.c.status == "unknown") & (outbox.c.reported == 0))
        connection.execute(update(outbox).where(*mine, late).values(**values))


def release(connection: Connection, token: str, now: datetime) -> int:
    """Put back what a stopping sender claimed and did not begin to send; returns how many."""
    mine = and_(outbox.c.status == "claimed", outbox.c.claimed_by == token)
    return connection.execute(update(outbox).where(mine).values(**_back(now))).rowcount


def time_out(connection: Connection, now: datetime, claim_seconds: float, send_seconds: float) -> int:
    """End the claims of senders that are gone: claimed goes back to the queue, sending becomes unknown.

    Args:
        connection: a write transaction.
        now: naive UTC.
        claim_seconds: how long a claim holds.
        send_seconds: longer than any sender waits for a server.
    """
    old = and_(outbox.c.status == "claimed", outbox.c.claimed_at < now - timedelta(seconds=claim_seconds))
    lost = and_(outbox.c.status == "sending", outbox.c.claimed_at < now - timedelta(seconds=send_seconds))
    back = connection.execute(update(outbox).where(old).values(**_back(now))).rowcount
    ended = {"status": "unknown", "reason": "the sender stopped while it was being sent"}
    return back + connection.execute(update(outbox).where(lost).values(**ended)).rowcount


def has_stale(connection: Connection, now: datetime, claim_seconds: float, send_seconds: float) -> bool:
    """Tell, with a read only, whether ``time_out`` would have anything to do."""
    oldest = min(claim_seconds, send_seconds)
    query = select(outbox.c.id).where(
        outbox.c.status.in_(("claimed", "sending")), outbox.c.claimed_at < now - timedelta(seconds=oldest)
    )
    return connection.scalar(query.limit(1)) is not None


def waiting(connection: Connection, channel: str = "email") -> datetime | None:
    """Return when the first queued message is due (naive UTC); None when there is none."""
    return connection.scalar(
        select(func.min(outbox.c.due_at)).where(outbox.c.status == "queued", outbox.c.channel == channel)
    )


def counts(connection: Connection, journey: str = "") -> dict[tuple[str, str], int]:
    """Return (status, reason) → messages, of one journey or of all."""
    query = select(outbox.c.status, outbox.c.reason, func.count()).group_by(outbox.c.status, outbox.c.reason)
    rows = connection.execute(query.where(outbox.c.journey == journey) if journey else query)
    return {(status, reason): number for status, reason, number in rows}


def messages_of(connection: Connection, enrolments: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Return enrolment → (status, reason) of each of its messages, oldest first."""
    found: dict[int, list[tuple[str, str]]] = {}
    query = select(outbox.c.enrolment_id, outbox.c.status, outbox.c.reason).order_by(outbox.c.id)
    for part in parts(enrolments):
        for enrolment, status, reason in connection.execute(query.where(outbox.c.enrolment_id.in_(part))):
            found.setdefault(enrolment, []).append((status, reason))
    return found


def _back(now: datetime) -> dict[str, object]:
    return {"status": "queued", "claimed_by": null(), "claimed_at": null(), "due_at": now}


def message_of(row: RowMapping) -> Message:
    """Return the message that a row of the outbox is."""
    envelope = {name: row[name] for name in Envelope.__struct_fields__}
    rest = {name: row[name] for name in ("address", "template_id", "values", "attempts")}
    return Message(envelope=Envelope(**envelope), **rest)
