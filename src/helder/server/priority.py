"""The worker lets the other processes go first: its engine takes every core there is; they need little, but at once.

A request for a profile or a mail that is ready waits for no share of the work; a count or a round that takes 300 ms
waits for a few milliseconds and nobody notices.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

NICENESS = 5
"""The weight of a process falls to a third of one with niceness 0 (sched(7)), when both want the same core."""
_AUTOGROUP = Path("/proc/self/autogroup")


def give_way() -> None:
    """Lower the priority of this process, and of the threads it starts from now on, where that can be done.

    Linux may weigh sessions, not processes: in a session of its own, as the supervisor gives to each, the weight of the
    session is lowered too.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            _AUTOGROUP.write_text(str(NICENESS))
