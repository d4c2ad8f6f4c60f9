"""Everybody in a journey goes one step: 1,000,000 enrolments pass a wait, while small transactions go on beside it."""

from __future__ import annotations

import shutil
import sqlite3
import statistics
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select

from helder.activate.advance import Advance
from helder.activate.channels.email.message import Letter, build
from helder.activate.content.render import Mail, Rendering
from helder.activate.content.template import read_template
from helder.activate.definitions import save_journey, start_journey
from helder.activate.journeys.parse import parse
from helder.activate.links import Links
from helder.activate.people import People
from helder.clock import stored
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import State, create_all, open_state
from helder.store.tables.definitions import segment, segment_version
from helder.store.tables.journeys import enrolment, enrolment_step
from measurement import Context, Measurement

PEOPLE = 1_000_000
MAILS = 200
TEMPLATE = Path(__file__).resolve().parent.parent / "examples/workshop-campaign/template.toml"
VALUES = {
    "person": {"greeting": "Noor"},
    "company": {"name": "Uitgeverij Lentehof", "address": "Lindelaan 12, 3571 AB Utrecht"},
    "links": {"unsubscribe": "https://helder.example/t/u/1.2.3", "preferences": "https://helder.example/t/p/1.2.3"},
    "workshop": {"id": "W-SNOEI", "title": "Fruitbomen snoeien", "date": "2026-12-05", "price": 89, "site": "tuin"},
}
RUNS = 3
NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
JOURNEY = {
    "key": "wait",
    "name": "Wait",
    "enter": {"segment": "everyone"},
    "step": [{"type": "wait", "days": 1}, {"type": "wait", "days": 1}],
}


def measure(context: Context) -> list[Measurement]:
    """Let everybody pass the first step, a few times over, each time from a fresh copy."""
    seconds: list[float] = []
    delays: list[float] = []
    moved = 0
    for _ in range(RUNS):
        moved = once(context.data, seconds, delays)
        context.say(f"{moved:,} people in {seconds[-1]:.1f} s")
    slowest = statistics.quantiles(delays, n=20)[-1] * 1000
    return [
        Measurement(bench="journey.step", value=statistics.median(seconds), unit="s", n=moved, runs=RUNS),
        Measurement(bench="journey.beside", value=slowest, unit="ms", n=len(delays), runs=RUNS),
        mails(context),
    ]


def mails(context: Context) -> Measurement:
    """Fill the shipped template and put the whole mail together, links signed: milliseconds for one."""
    rendering = Rendering(read_template(TEMPLATE), ZoneInfo("Europe/Amsterdam"))
    links = Links(b"k" * 32, "https://helder.example")
    sizes: list[int] = []

    def work() -> None:
        for number in range(MAILS):
            mail = rendering.fill(
                VALUES, lambda to, number=number: links.click(number, to, NOW), links.open(number, NOW)
            )
            sizes.append(len(build(letter(mail, number))))

    seconds = context.median(work)
    return Measurement(bench="journey.mail", value=seconds / MAILS * 1000, unit="ms", n=MAILS, runs=context.runs)


def letter(mail: Mail, number: int) -> Letter:
    """Return what goes around a mail."""
    return Letter(
        mail=mail,
        sender="Uitgeverij Lentehof <workshops@lentehof.example>",
        to=f"reader{number}@example.nl",
        message_id=f"<{number}.1@lentehof.example>",
        at=NOW,
        unsubscribe="https://helder.example/t/u/1.2.3",
        campaign="finish-registration:events:all:helder",
    )


def once(data: Path, seconds: list[float], delays: list[float]) -> int:
    """Run the stage once over everybody; return how many have passed the step, counted in the store."""
    work = data / "work"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(filled(data), work)
    state = open_state(work / "state.db")
    people = People(Online(work / "online.db"), Hot(work / "hot.db"))
    stage = Advance(state, people, lambda _rule, profiles, _now: profiles, b"k" * 32)
    stop = threading.Event()
    beside = threading.Thread(target=small_transactions, args=(state, stop, delays))
    beside.start()
    start = time.perf_counter()
    stage.run(NOW)
    seconds.append(time.perf_counter() - start)
    stop.set()
    beside.join()
    with state.read() as connection:
        passed = connection.scalar(select(func.count()).select_from(enrolment_step).where(enrolment_step.c.step == 0))
        stand = connection.scalar(select(func.count()).select_from(enrolment).where(enrolment.c.step == 1))
    state.close()
    if passed != stand:
        raise RuntimeError(f"{passed} passed the step and {stand} stand behind it")
    return int(passed or 0)


def small_transactions(state: State, stop: threading.Event, delays: list[float]) -> None:
    """Write one row every 20 ms, as an opt-out would, and note how long each took."""
    with state.write() as connection:
        connection.exec_driver_sql("CREATE TABLE beside (at REAL)")
    while not stop.wait(0.02):
        start = time.perf_counter()
        with state.write() as connection:
            connection.exec_driver_sql("INSERT INTO beside VALUES (?)", (start,))
        delays.append(time.perf_counter() - start)


def filled(data: Path) -> Path:
    """Return the folder with everybody enrolled, made on first use."""
    done = data / "filled-2"
    if done.exists():
        return done
    making = data / "making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    state = open_state(making / "state.db")
    create_all(state)
    version = begin(state)
    with state.write() as connection:
        for start in range(0, PEOPLE, 50_000):
            connection.execute(insert(enrolment), [row(version, start + each) for each in range(50_000)])
    state.close()
    with sqlite3.connect(making / "state.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    making.rename(done)
    return done


def begin(state: State) -> int:
    """Save and start the journey; return its version."""
    at = stored(NOW)
    with state.write() as connection:
        connection.execute(insert(segment).values(id=1, key="everyone", name="Everyone", version=1, created_at=at))
        rule = {"segment_id": 1, "version": 1, "rule": "{}", "created_at": at, "created_by": "bench"}
        connection.execute(insert(segment_version).values(rule))
    save_journey(state, parse(JOURNEY))
    return start_journey(state, "wait", NOW)


def row(version: int, number: int) -> dict[str, object]:
    """Return an enrolment that is due, with an identity id as scattered as a hash; people came in over a day."""
    at = stored(NOW - timedelta(days=1) + number * timedelta(days=1) / PEOPLE)
    identity = number * 0x9E3779B97F4A7C15 % (1 << 63)
    return {"journey_version": version, "identity_id": identity, "entry": 1, "entered_at": at, "step": 0, "due_at": at}
