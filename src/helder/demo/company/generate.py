"""Make the company: people, their records in five sources, what they do on the web, and the truth apart."""

from __future__ import annotations

import gc
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from helder.demo.company import definitions, rates
from helder.demo.company.clicks import clicks
from helder.demo.company.desk import Desk
from helder.demo.company.erp import Erp
from helder.demo.company.known import Known
from helder.demo.company.layout import Company, save
from helder.demo.company.newsletter import Newsletter
from helder.demo.company.people import draw
from helder.demo.company.plan import plan
from helder.demo.company.records import register
from helder.demo.company.shop import Shop
from helder.demo.company.truth import Chunk, Truth
from helder.demo.company.visitors import visitors
from helder.demo.company.wire import Wire
from helder.demo.faults import DemoFault

Progress = Callable[[int, int], None]


def generate(folder: Path, people: int, seed: int, as_of: datetime, progress: Progress | None = None) -> Company:
    """Make the company in ``folder``, anew; the same arguments give the same bytes.

    Args:
        folder: where ``sources/`` (for Helder), ``traffic/`` (what browsers will send) and ``truth/`` are put.
        people: how many people exist, at least 1.
        seed: which company it is.
        as_of: an aware moment, before which everything happened.
        progress: called with (people done, people in all).

    Returns:
        What was made.

    Raises:
        DemoFault: when an argument makes no sense.
    """
    if people < 1 or seed < 0 or as_of.tzinfo is None:
        raise DemoFault("a demo company needs at least one person, a seed from 0 up, and a moment with a time zone")
    made = _Making(folder, seed, as_of)
    with _without_collector():
        for number, base in enumerate(range(0, people, rates.CHUNK)):
            made.chunk(number, base, min(rates.CHUNK, people - base))
            if progress is not None:
                progress(min(base + rates.CHUNK, people), people)
    made.close()
    definitions.write(folder / "sources", as_of)
    return _finish(made, Company(str(folder), people, seed, as_of, made.records, made.events, 0, 0))


@contextmanager
def _without_collector() -> Iterator[None]:
    """Hold off the garbage collector: a chunk makes a million objects and no circles among them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _finish(made: _Making, company: Company) -> Company:
    """Write down what was made and measured."""
    counts = made.truth.counts
    company = msgspec.structs.replace(company, starters=counts["starters"], right=counts["in"])
    save(company)
    (company.truth / "measured.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(dict(sorted(counts.items()))))
    )
    return company


class _Making:
    """A company half-way."""

    def __init__(self, folder: Path, seed: int, as_of: datetime) -> None:
        """Begin all files in an empty folder."""
        for name in ("sources", "truth", "traffic", "mails"):
            shutil.rmtree(folder / name, ignore_errors=True)
            (folder / name).mkdir(parents=True)
        sources = folder / "sources"
        self._seed, self._as_of, self._today = seed, int(as_of.timestamp()), as_of.date()
        self._erp = Erp(sources / "erp.db")
        self._shop, self._newsletter, self._desk = Shop(sources), Newsletter(sources), Desk(sources)
        self._traffic = (folder / "traffic" / "events.jsonl").open("wb", buffering=1 << 20)
        self.truth = Truth(folder / "truth")
        self.events = 0

    @property
    def records(self) -> int:
        """How many rows all sources hold together."""
        return self._erp.rows + self._shop.rows + self._newsletter.rows + self._desk.rows

    def chunk(self, number: int, base: int, size: int) -> None:
        """Make one chunk of people; it depends on the seed, its number and its size only."""
        rng = np.random.default_rng([self._seed, number])
        people = draw(rng, base, size)
        starters = plan(rng, people)
        listed, known = register(rng, people, starters), Known()
        chance = random.Random(int(rng.integers(1 << 62)))
        for source in (self._erp, self._shop, self._newsletter):
            source.add(chance, listed, starters, known, self._as_of)
        self._desk.add(chance, people, listed, starters, known, self._as_of)
        browsers = visitors(rng, people, listed, starters, self._as_of)
        done = clicks(rng, browsers, starters, known, self._as_of)
        wire = Wire(self._traffic, f"lh-{self._seed:x}-{number:x}-", rng, self._today)
        self.events += wire.write(done, browsers)
        self.truth.add(Chunk(people, listed, starters, browsers, known, self._as_of))

    def close(self) -> None:
        """Finish all files."""
        for each in (self._erp, self._shop, self._newsletter, self._desk, self._traffic, self.truth):
            each.close()
