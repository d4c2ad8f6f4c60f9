"""Put the numbers together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from helder.demo.catcher import Caught, caught, refused
from helder.demo.company.known import Identity
from helder.demo.company.layout import Company
from helder.demo.score.emitted import Emitted, read, rows
from helder.demo.score.pairs import IdentityScore, identity_score, ratio
from helder.demo.score.permission import Permissions


class AudienceScore(msgspec.Struct, frozen=True):
    """How well the audience was chosen.

    ``precision``: of the profiles in the segment, the share whose person belongs there; ``recall``: of the people who
    belong, the share whose profile is in it. Those of whom the emitted keys cannot tell (``apart``) count in neither.
    """

    precision: float
    recall: float
    right: int
    wrong: int
    missed: int
    apart: int


class Export(msgspec.Struct, frozen=True):
    """Helder's identity export: identity → profile, and the profiles that are in the segment."""

    profile: dict[Identity, str]
    members: set[str]


class Score(msgspec.Struct, frozen=True):
    """All that the scorer measured."""

    identities: int
    people: int
    identity: IdentityScore
    audience: AudienceScore
    sent: int
    delivered: int
    wrong_sends: int
    sent_twice: int
    opened: int
    clicked: int
    registered_after: int
    registered_unmailed: int
    unsubscribed: int


def score(company: Company, export: Path, segment: str, purpose: str = "events") -> Score:
    """Hold what Helder did against the truth.

    Args:
        company: the generated company, with the mails caught in it and the reactions to them, if any.
        export: CSV with a row per identity: profile_id, kind, value, segments (names joined by ``|``), written when
            the audience was known and before anyone reacted.
        segment: the name of the audience's segment.
        purpose: what the mails were sent for.
    """
    emitted = read(company)
    found = read_export(export, segment)
    mails = caught(company.mails)
    reactions = _reactions(company)
    return Score(
        identities=len(found.profile),
        people=len(set(found.profile.values())),
        identity=identity_score(emitted.owner, emitted.component(), found.profile),
        audience=audience_score(verdicts(company), found),
        sent=len(mails) + len(refused(company.mails)),
        delivered=len(mails),
        wrong_sends=wrong_sends(emitted, mails, purpose),
        sent_twice=sent_twice(emitted, mails),
        opened=reactions["opened"],
        clicked=reactions["clicked"],
        registered_after=reactions["registered_mailed"],
        registered_unmailed=reactions["registered"] - reactions["registered_mailed"],
        unsubscribed=reactions["unsubscribed"],
    )


def read_export(path: Path, segment: str) -> Export:
    """Read Helder's identity export."""
    profile: dict[Identity, str] = {}
    members: set[str] = set()
    for row in rows(path):
        profile[(row["kind"], row["value"])] = row["profile_id"]
        if row["segments"] and segment in row["segments"].split("|"):
            members.add(row["profile_id"])
    return Export(profile, members)


def verdicts(company: Company) -> dict[Identity, str]:
    """Return the truth about each start: "in", "out" or "apart", by the identity that bore it."""
    return {(row["kind"], row["value"]): row["verdict"] for row in rows(company.truth / "starters.csv")}


def audience_score(truth: Mapping[Identity, str], found: Export) -> AudienceScore:
    """Score the members of the segment against the truth about the starts."""
    verdict_of = {found.profile[each]: verdict for each, verdict in truth.items() if each in found.profile}
    right = {each for each in found.members if verdict_of.get(each) == "in"}
    apart = sum(verdict == "apart" for verdict in truth.values())
    wrong = sum(verdict_of.get(each, "out") == "out" for each in found.members)
    belong = sum(verdict == "in" for verdict in truth.values())
    hit = sum(verdict == "in" and found.profile.get(each) in right for each, verdict in truth.items())
    return AudienceScore(
        precision=ratio(len(right), len(right) + wrong), recall=ratio(hit, belong),
        right=len(right), wrong=wrong, missed=belong - hit, apart=apart,
    )  # fmt: skip


def wrong_sends(emitted: Emitted, mails: list[Caught], purpose: str) -> int:
    """Count the mails to addresses that may not be mailed, by themselves or by what is linked to them."""
    permissions = Permissions(emitted)
    return sum(not permissions.allowed(each.recipient, purpose) for each in mails)


def sent_twice(emitted: Emitted, mails: list[Caught]) -> int:
    """Count the mails beyond the first to one person; an address that several share counts as one person."""
    whose = (emitted.owner.get(("email", each.recipient.lower()), each.recipient.lower()) for each in mails)
    return sum(n - 1 for n in Counter(whose).values())


def _reactions(company: Company) -> Counter[str]:
    """Count what people did after the mails."""
    found: Counter[str] = Counter()
    path = company.truth / "reactions.csv"
    for row in rows(path) if path.exists() else ():
        for name in ("opened", "clicked", "registered", "unsubscribed"):
            found[name] += int(row[name])
        found["registered_mailed"] += int(row["registered"]) * int(row["mailed"])
    return found
