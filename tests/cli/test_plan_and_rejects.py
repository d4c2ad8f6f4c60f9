"""``helder plan`` and ``helder rejects`` on a terminal, without a server."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from helder.collect.event import Entry
from helder.collect.inbox import Inbox
from helder.collect.item import Received
from helder.collect.parse import Parsed, parse
from helder.collect.plan.check import Checked
from helder.collect.plan.definition import read_plan
from helder.collect.plan.holding import held

PLAN = "source = 'site'\nmode = '{mode}'\n[event.Bought.property]\ntotal = {{ type = 'number', required = true }}\n"


def helder(data: Path, *words: str) -> str:
    command = [sys.executable, "-m", "helder", *words, "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_from_a_plan_over_a_rejection_to_the_event(tmp_path: Path) -> None:
    """Each command shows what the next one needs; at the end nothing is left to send."""
    data, file = tmp_path / "data", tmp_path / "plan.toml"
    file.write_text(PLAN.format(mode="enforce"))
    assert helder(data, "plan", "save", str(file)) == "saved the plan of site, version 1, mode enforce\n"
    _came(data, Checked(read_plan(file.read_text()), 1))
    _taken_in(data)

    listed = helder(data, "rejects", "list")
    assert "Bought total is not of the type that the tracking plan says" in listed
    assert "jan@" not in listed
    number = listed.splitlines()[1].split()[0]
    assert "jan@example.nl" in helder(data, "rejects", "show", number)
    shown = helder(data, "plan", "show", "site")
    assert "Bought  total     number  required" in shown
    assert "1       wrong_type   Bought  total" in shown
    helder(data, "rejects", "export", str(tmp_path / "out.jsonl"))
    assert "jan@example.nl" in (tmp_path / "out.jsonl").read_text()
    assert (tmp_path / "out.jsonl").stat().st_mode & 0o077 == 0

    assert "still rejected  reason\n1               wrong_type" in helder(data, "rejects", "send-again", number)
    file.write_text(PLAN.format(mode="observe").replace("number", "text"))
    helder(data, "plan", "save", str(file))
    assert helder(data, "rejects", "send-again", "--all").startswith("sent again: 1\n")
    _taken_in(data)
    assert "of the last 1 events 1 fit it" in helder(data, "plan", "check", str(file))


def _came(data: Path, plan: Checked) -> None:
    """Let an event that does not fit into the inbox, as the door does."""
    received = Received(source="site", at=datetime.now(UTC).replace(tzinfo=None), request_id="r")
    body = b'{"event":"Bought","userId":"7","messageId":"m1","properties":{"total":"jan@example.nl"}}'
    parsed = parse(body, "track", received)
    assert isinstance(parsed, Parsed)
    inbox = Inbox(data / "inbox.db")
    inbox.append([held(Entry(parsed.events, parsed.rejected), plan, from_page=False)])
    inbox.close()


def _taken_in(data: Path) -> None:
    """Let the stages run until there is nothing left to do."""
    from helder.worker.connect import connect

    with connect(data) as worker:
        assert worker.call("settle")
