"""The main job, as a newcomer runs it, on companies that nobody chose."""

from __future__ import annotations

import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

PEOPLE = 25_000
SEEDS = [secrets.randbelow(1_000_000) for _ in range(2)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.timeout(600)
def test_any_company_is_served_rightly(seed: int, tmp_path: Path) -> None:
    """Whatever the seed: the right people are found and mailed, nobody wrongly, nobody twice."""
    sys.stdout.write(f"seed {seed}\n")
    told = _demo(tmp_path / "demo", seed)
    assert told["events"] >= 300_000
    assert told["single_requests"] >= 0.05 * told["events"]
    assert told["identity"]["precision"] >= 0.995
    assert told["identity"]["recall"] >= 0.99
    assert told["identity"]["pairs_connected"] <= 0.95 * told["identity"]["pairs_true"]
    assert told["audience"]["precision"] >= 0.98
    assert told["audience"]["recall"] >= 0.98
    assert (told["wrong_sends"], told["sent_twice"]) == (0, 0)
    tally = told["result"]["tally"]
    assert tally["ended"] == tally["audience"] == sum(tally["outcomes"].values()) > 300
    assert told["delivered"] == told["sent"] == tally["outcomes"]["sent"]
    assert told["holdout"] == tally["outcomes"]["holdout"] > 0


def _demo(data: Path, seed: int) -> dict[str, Any]:
    """Run the demonstration; return the object that it prints last."""
    command = [sys.executable, "-m", "helder", "demo", "--people", str(PEOPLE), "--seed", str(seed)]
    command += ["--data", str(data), "--port", "0", "--once", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[-2000:]}"
    return msgspec.json.decode(done.stdout.splitlines()[-1])
