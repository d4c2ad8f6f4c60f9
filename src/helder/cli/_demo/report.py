"""What is told at the end: a few lines for people, one object for programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from helder.cli._demo.play import Played


def as_object(played: Played) -> dict[str, Any]:
    """Return the object of ``--json``: the company, the time, and what the truth says of what Helder did."""
    if played.score is None:
        raise ValueError("the play has not been performed")
    scored = msgspec.to_builtins(played.score)
    holdout = played.result["holdout"] if played.result else 0
    return {
        "seconds": played.seconds,
        "seed": played.company.seed,
        "company_people": played.company.people,
        "records": played.company.records,
        "events": played.sent.events,
        "requests": played.sent.requests,
        "single_requests": played.sent.singles,
        **scored,
        "holdout": holdout,
        "skipped": played.skipped,
        "result": played.result,
        "acts": played.acts,
        "stages": played.stages,
    }


def in_words(played: Played, data: Path) -> str:
    """Return what happened and where to look."""
    score, result = played.score, played.result
    if score is None:
        raise ValueError("the play has not been performed")
    skipped = ", ".join(f"{number} {reason}" for reason, number in sorted(played.skipped.items())) or "none"
    return "\n".join(
        (
            "",
            f"{played.company.records:,} records and {played.sent.events:,} web events of five sources became "
            f"{score.people:,} people in {played.seconds:.0f} seconds.",
            f"Who is who: precision {score.identity.precision:.4f}, recall {score.identity.recall:.4f} "
            f"(of all true pairs {score.identity.recall_all:.4f}).",
            f"Audience: {played.answer['total']:,} people; precision {score.audience.precision:.3f}, "
            f"recall {score.audience.recall:.3f} against the truth.",
            f"Mailed: {score.delivered:,} delivered, {score.wrong_sends} wrongly, {score.sent_twice} twice; "
            f"held out {result['holdout']}; skipped: {skipped}.",
            f"Result: {result['summary']}",
            "",
            f"The mails are in {data / 'company' / 'mails'}, the company in {data / 'company' / 'sources'}, "
            f"Helder's own files in {data / 'helder'}.",
        )
    )
