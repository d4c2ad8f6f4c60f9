"""A look at an installation: each check says what is so, and how to mend what is not as it should be."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from helder.clock import Clock, aware
from helder.errors import DataFolderInUse, HelderError
from helder.settings import Settings
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.migrations import waiting
from helder.store.state import open_state
from helder.store.tables.sources import source
from helder.worker.client import Client
from helder.worker.lock import FolderLock

FREE_BYTES = 2 * 1024**3
"""Less than this free is called too little."""
SMTP_SECONDS = 5.0
CLOCK_OFF = timedelta(minutes=5)


class Finding(msgspec.Struct, frozen=True):
    """What one check found."""

    check: str
    state: Literal["good", "warning", "bad"]
    what: str
    mend: str = ""
    """How to mend it; empty when it is good."""


Check: TypeAlias = Callable[[Settings, Clock], Finding]


def checkup(settings: Settings, clock: Clock) -> list[Finding]:
    """Return what every check finds; one that itself fails is a finding too."""
    return [_tried(check, settings, clock) for check in CHECKS]


def _tried(check: Check, settings: Settings, clock: Clock) -> Finding:
    name = check.__name__
    try:
        return check(settings, clock)
    except HelderError as error:
        return Finding(name, "bad", str(error), f"see {error.code} in docs/reference/errors.md")
    except Exception as error:  # noqa: BLE001 - whatever is broken, the other checks go on
        return Finding(name, "bad", f"could not be looked at: {error}", "mend that, and look again")


def python(_settings: Settings, _clock: Clock) -> Finding:
    """The Python that runs Helder."""
    return Finding("python", "good", sys.version.split()[0])


def disk(settings: Settings, _clock: Clock) -> Finding:
    """Room on the disk of the data folder."""
    free = shutil.disk_usage(settings.data).free
    held = sum(file.stat().st_size for file in settings.data.glob("*") if file.is_file())
    what = f"{free / 1024**3:.1f} GB free, {held / 1024**3:.1f} GB used by Helder"
    if free < max(FREE_BYTES, held):
        return Finding("disk", "warning", what, "free some: compacting needs as much room again as the data takes")
    return Finding("disk", "good", what)


def folder(settings: Settings, _clock: Clock) -> Finding:
    """Rights on the data folder and the secret."""
    if not os.access(settings.data, os.R_OK | os.W_OK | os.X_OK):
        return Finding("folder", "bad", f"{settings.data} cannot be written", f"chown it to the user {os.getuid()}")
    secret = settings.data / "secret.key"
    if not secret.exists():
        return Finding("folder", "warning", "no secret.key yet", "it is made at the first start; then back it up")
    if secret.stat().st_size != 32:
        return Finding("folder", "bad", "secret.key does not hold 32 bytes", "restore it from a backup")
    if secret.stat().st_mode & 0o077:
        return Finding("folder", "warning", "secret.key can be read by others", f"chmod 600 {secret}")
    return Finding("folder", "good", str(settings.data))


def server(settings: Settings, _clock: Clock) -> Finding:
    """Whether a server runs on the folder, and answers."""
    try:
        with FolderLock(settings.data, "worker"):
            return Finding("server", "good", "none runs")
    except DataFolderInUse:
        client = Client(settings.data)
    stages = client.call("status")["stages"]
    client.close()
    failing = {name: stage["failing"] for name, stage in stages.items() if stage["failing"]}
    if failing:
        said = ", ".join(f"{name} ({error})" for name, error in failing.items())
        return Finding("server", "bad", f"runs, but stages fail: {said}", "its log says where")
    return Finding("server", "good", "runs, and every stage works")


def state(settings: Settings, _clock: Clock) -> Finding:
    """The tables of the state."""
    path = settings.data / "state.db"
    if not path.exists():
        return Finding("state", "good", "none yet: it is made at the first start")
    opened = open_state(path)
    try:
        missing = waiting(opened)
    finally:
        opened.close()
    if missing:
        return Finding("state", "warning", f"{len(missing)} migrations to do", "they are done at the next start")
    return Finding("state", "good", "up to date")


def facts(settings: Settings, _clock: Clock) -> Finding:
    """The file of the facts; looked into only when no server has it."""
    path = settings.data / "facts.duckdb"
    if not path.exists():
        return Finding("facts", "good", "none yet: they are made at the first start")
    try:
        with FolderLock(settings.data, "worker"):
            opened = DuckDbFacts(path, settings.memory_limit, settings.threads)
            batch = opened.last_batch()
            opened.close()
    except DataFolderInUse:
        return Finding("facts", "good", "in use by the server")
    return Finding("facts", "good", f"readable, batch {batch}, {path.stat().st_size / 1024**2:.0f} MB")


def smtp(settings: Settings, _clock: Clock) -> Finding:
    """Whether the mail server answers, and offers encryption where it is asked for."""
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        with _smtp(settings) as connection:
            connection.ehlo()
            offers = connection.has_extn("starttls")
    except (OSError, smtplib.SMTPException) as error:
        mend = "set smtp_host, smtp_port and smtp_tls in helder.toml, or start the mail server"
        return Finding("smtp", "bad", f"{where} does not answer: {error}", mend)
    if settings.smtp_tls == "always" and not offers:
        mend = "set smtp_tls to implicit, or have the server offer STARTTLS"
        return Finding("smtp", "bad", f"{where} offers no STARTTLS, and smtp_tls is always", mend)
    return Finding("smtp", "good", f"{where} answers{' and offers STARTTLS' if offers else ''}")


def _smtp(settings: Settings) -> smtplib.SMTP:
    place = (settings.smtp_host, settings.smtp_port)
    if settings.smtp_tls == "implicit":
        return smtplib.SMTP_SSL(*place, timeout=SMTP_SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(*place, timeout=SMTP_SECONDS)


def sources(settings: Settings, _clock: Clock) -> Finding:
    """The health of the sources, as last seen."""
    path = settings.data / "state.db"
    if not path.exists():
        return Finding("sources", "good", "none yet")
    opened = open_state(path)
    try:
        with opened.read() as connection:
            rows = connection.execute(source.select()).all()
    finally:
        opened.close()
    failing = [f"{row.key}: {row.health_detail}" for row in rows if row.health == "failing"]
    if failing:
        return Finding("sources", "bad", "; ".join(failing), "mend the source or its mapping, then helder source sync")
    return Finding("sources", "good", f"{len(rows)} connected")


def clock(settings: Settings, clock: Clock) -> Finding:
    """Whether the machine's clock stands behind what Helder has already written."""
    newest = max((_changed(file) for file in settings.data.glob("*") if file.is_file()), default=None)
    if newest is not None and newest - clock() > CLOCK_OFF:
        mend = "switch on NTP (timedatectl set-ntp true): until then new events carry old times"
        return Finding("clock", "bad", f"it is behind files of this folder by {newest - clock()}", mend)
    return Finding("clock", "good", f"{clock():%Y-%m-%d %H:%M:%S} UTC; the company's zone is {settings.time_zone}")


def _changed(file: Path) -> datetime:
    return aware(datetime(1970, 1, 1) + timedelta(seconds=file.stat().st_mtime))  # noqa: DTZ001 - made aware here


CHECKS: tuple[Check, ...] = (python, disk, folder, server, state, facts, smtp, sources, clock)
"""In the order that they are told in."""
