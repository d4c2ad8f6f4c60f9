"""What must hold of an installation after whatever happened to it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.whole.killing.company import Load
from tests.whole.killing.contents import messages
from tests.whole.killing.installation import Post

from helder.demo.catcher import caught
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.facts.schema import table


def every_event_is_there_once(data: Path, load: Load) -> None:
    """Hold the events of the site against the messages that were answered with 200."""
    facts = DuckDbFacts(data / "facts.duckdb")
    rows = facts.read(table("every_event").filter(lambda t: t.source == "site").select("message_id"))
    facts.close()
    assert Counter(rows.column("message_id").to_pylist()) == Counter(load.accepted)


def nobody_is_mailed_twice(data: Path, post: Post) -> int:
    """Hold the outbox against what the mail server has; return how many messages are unknown."""
    mails = Counter(each.recipient for each in caught(post.folder))
    assert max(mails.values()) == 1
    by_status: dict[str, set[str]] = {}
    for row in messages(data):
        by_status.setdefault(row["status"], set()).add(row["address"])
    assert set(by_status) <= {"sent", "unknown", "skipped"}
    assert by_status["sent"] <= set(mails) <= by_status["sent"] | by_status.get("unknown", set())
    return len(by_status.get("unknown", ()))
