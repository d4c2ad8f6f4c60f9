"""The whole job, as a newcomer runs it: ``helder demo --once`` with its 25,000 people, from start to exit."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from measurement import Context, Measurement

RUNS = 3
PEOPLE = 25_000


def measure(context: Context) -> list[Measurement]:
    """Run the demo a few times; a run that mailed wrongly is no result, however fast it was."""
    runs = [once(context.data / "demo", context) for _ in range(RUNS)]
    seconds = statistics.median(each for each, _ in runs)
    events = min(int(result["events"]) for _, result in runs)
    return [Measurement(bench="demo.seconds", value=seconds, unit="s", n=events, runs=RUNS)]


def once(data: Path, context: Context) -> tuple[float, dict[str, Any]]:
    """Return the seconds by our own clock, and what the demo says of itself.

    Raises:
        RuntimeError: when the demo failed, or mailed someone wrongly or twice.
    """
    shutil.rmtree(data, ignore_errors=True)
    command = [sys.executable, "-m", "helder", "demo", "--once", "--json", "--people", str(PEOPLE), "--data", str(data)]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(f"the demo ended with {done.returncode}: {done.stderr[-2000:]}")
    result = json.loads(done.stdout.splitlines()[-1])
    if result["wrong_sends"] or result["sent_twice"]:
        raise RuntimeError(f"wrong sends: {result['wrong_sends']}, sent twice: {result['sent_twice']}")
    context.say(f"{seconds:.1f} s for {result['people']} people and {result['events']} events")
    return seconds, result
