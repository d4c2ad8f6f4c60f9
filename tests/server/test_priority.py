"""The worker lets the other processes go first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from helder.server.priority import NICENESS

PROGRAM = """
import os, sys
os.nice(int(sys.argv[1]))
from helder.server.priority import give_way
give_way()
print(os.getpriority(os.PRIO_PROCESS, 0))
"""


@pytest.mark.parametrize(("before", "after"), [(0, NICENESS), (NICENESS + 3, NICENESS + 3)])
def test_a_worker_gives_way_and_never_takes_back(before: int, after: int) -> None:
    """Its niceness grows to what it should be; one that an operator set higher stays."""
    command = [sys.executable, "-c", PROGRAM, str(before)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    assert int(done.stdout) == after
