"""All that is derived, built anew from 5,000,000 records of a million people: identities, golden records, copies."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from helder.govern.catalogue import base_catalogue
from helder.integrate.rebuild import rebuild
from helder.integrate.resolve import Survival
from helder.store.facts.protocol import Facts
from helder.store.facts.schema import table
from helder.store.project import Project
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from measurement import Context, Measurement
from registers import Registers, open_registers

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
TRUST = {"erp": 80, "shop": 60, "newsletter": 40, "service": 30, "club": 20}
T = TypeVar("T")


def measure(context: Context) -> list[Measurement]:
    """Rebuild a fresh copy once, in a process of its own so that the memory measured is the rebuild's."""
    registers = open_registers().copy(context.data / "work")
    command = [sys.executable, __file__, str(registers.folder), str(registers.people)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the rebuild ended with {done.returncode}: {done.stderr[-2000:]}")
    context.say(done.stderr.strip().replace("\n", "; "))
    shutil.rmtree(registers.folder)
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        Measurement(bench="rebuild.seconds", value=found["seconds"], unit="s", n=found["records"], runs=1),
        Measurement(bench="rebuild.memory", value=found["memory"], unit="GB", n=found["records"], runs=1),
    ]


def main(registers: Registers) -> None:
    """Rebuild, fill the projections, and print what it took.

    Raises:
        RuntimeError: when the result is not plausible; a fast wrong answer is no result.
    """
    facts = registers.facts()
    hot, online = Hot(registers.folder / "hot.db"), Online(registers.folder / "online.db")
    survival = Survival(base_catalogue(), TRUST)
    start = time.perf_counter()
    made = timed("who is who and golden records", lambda: rebuild(facts, lambda: survival))
    timed("projections", lambda: Project(facts, hot, online).run(NOW))
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000  # Linux counts in KiB
    copied = online.count("identity_profile"), online.count("profile"), hot.count("person_record")
    if copied != (made.identities, made.profiles, count(facts, "person_record")):
        raise RuntimeError(f"copied {copied}, made {made}")
    if not 0.9 * registers.people < made.profiles < 2 * registers.people:
        raise RuntimeError(f"{made.profiles} profiles of {registers.people} people")
    for store in (facts, hot, online):
        store.close()
    print(json.dumps({"seconds": seconds, "memory": memory, "records": copied[2], "profiles": copied[1]}))


def count(facts: Facts, name: str) -> int:
    """Return the number of rows of a table of the facts."""
    rows = table(name)
    return int(facts.read(rows.aggregate(n=rows.count()))["n"][0].as_py())


def timed(what: str, work: Callable[[], T]) -> T:
    """Do ``work`` and tell how long it took."""
    start = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return result


if __name__ == "__main__":
    main(Registers(folder=Path(sys.argv[1]), people=int(sys.argv[2])))
