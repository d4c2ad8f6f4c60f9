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
    made, who, audience = played.company, score.identity, score.audience
    lines = (
        "",
        f"{made.records:,} records and {played.sent.events:,} web events became {score.people:,} people,",
        f"from five sources to a result in {played.seconds:.0f} seconds.",
        "",
        f"Who is who  precision {who.precision:.4f}, recall {who.recall:.4f} (of all true pairs {who.recall_all:.4f})",
        f"Audience    {played.answer['total']:,}: precision {audience.precision:.3f}, recall {audience.recall:.3f}",
        f"Mail        {score.delivered:,} delivered, {score.wrong_sends} wrongly, {score.sent_twice} twice",
        f"            {result['holdout']} left out on purpose; skipped: {skipped}",
        f"Result      {result['summary']}",
        "",
        "All of this is held against the truth, which Helder never saw.",
        f"The mails are in {data / 'company' / 'mails'}, the company in {data / 'company' / 'sources'},",
        f"Helder's own files in {data / 'helder'}.",
    )
    return "\n".join(lines)
