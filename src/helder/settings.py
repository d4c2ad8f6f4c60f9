"""Settings: what an operator decides before start.

Read from ``helder.toml`` in the data folder, overridden by environment variables ``HELDER_<NAME>``. What
marketers decide while Helder runs (sources, segments, journeys) is state, not settings.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from helder.errors import SettingsError

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "language": ("nl", "en"),
    "smtp_tls": ("auto", "always", "implicit", "never"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
_BOUNDS: Mapping[str, tuple[float, float]] = {
    "port": (1, 65_535),
    "smtp_port": (1, 65_535),
    "smtp_connections": (1, 100),
    "senders": (0, 64),
    "threads": (1, 256),
    "tick_ms": (1, 60_000),
    "duplicate_days": (1, 366),
    "mail_pause_days": (0, 366),
    "source_timeout_seconds": (0.05, 3600),
}
_SHAPES: Mapping[str, tuple[str, str]] = {
    "public_url": (r"(https?://[^\s/?#]+[^\s?#]*)?", "an address such as https://helder.example.org"),
    "memory_limit": (r"\d+(\.\d+)? ?([KMGT]i?B|%)", "an amount such as 4GB"),
    "sender": (r"[^<>]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+", "an address such as Name <name@example.org>"),
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can set. Reference: ``docs/reference/settings.md``."""

    data: Path
    """Folder that holds every file of this installation."""
    host: str = "127.0.0.1"
    """Address the web process listens on."""
    port: int = 8300
    """Port the web process listens on."""
    public_url: str = ""
    """Address recipients reach Helder at, for links in mails; empty means http://host:port."""
    company: str = "My company"
    """Name of the company, as recipients know it."""
    postal_address: str = ""
    """Postal address shown in every mail."""
    time_zone: str = "Europe/Amsterdam"
    """IANA zone for calendar bounds (today, last month)."""
    language: str = "nl"
    """Language of the company: nl or en."""
    sender: str = "Helder <helder@localhost.localdomain>"
    """From header of mails, when a template does not set one."""
    smtp_host: str = "127.0.0.1"
    """SMTP server that mails are handed to."""
    smtp_port: int = 25
    """Port of the SMTP server."""
    smtp_user: str = ""
    """User name for SMTP AUTH; empty means none."""
    smtp_password: str = ""
    """Password for SMTP AUTH."""
    smtp_tls: str = "auto"
    """auto (STARTTLS when offered), always (refuse without), implicit (TLS from the start), never."""
    smtp_connections: int = 4
    """Connections that each sender keeps open."""
    senders: int = 1
    """How many sender processes ``helder serve`` starts."""
    memory_limit: str = "4GB"
    """Memory that the facts engine may use; beyond it, it spills to disk."""
    threads: int = 2
    """Threads of the facts engine."""
    tick_ms: int = 100
    """Longest pause, in milliseconds, between two rounds of the pipeline."""
    duplicate_days: int = 7
    """Days within which an event with a messageId seen before is dropped as a retry."""
    reject_days: int = 30
    """Days that rejected events are kept, with what they held, and counts of what did not fit a tracking plan."""
    mail_pause_days: int = 7
    """Days that a person is left alone after a marketing mail, when a journey does not set its own."""
    source_timeout_seconds: float = 5.0
    """Longest wait for a live source before the answer is called unavailable."""
    development: bool = False
    """Show the gallery of components at /design, for those who build pages."""
    data_centre_networks: str = ""
    """File, from the data folder, with networks whose browsers are counted as bots, one a line; empty: none are."""
    client_address_header: str = ""
    """Header in which the proxy gives a visitor's address (its last value); empty: the connection's own."""
    log_level: str = "INFO"
    """Least level of log lines: DEBUG, INFO, WARNING or ERROR."""

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def address(self) -> str:
        """The address that links in mails start with, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


def load_settings(data: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of the data folder ``data``.

    Args:
        data: the data folder; ``helder.toml`` in it is optional.
        environ: where ``HELDER_<NAME>`` overrides are looked up.

    Raises:
        SettingsError: naming the setting, the value and what would be accepted.
    """
    values: dict[str, object] = {**_read(data / "helder.toml"), **_overrides(environ), "data": data.resolve()}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
        settings.zone  # noqa: B018 - resolving the zone is the check
    except (msgspec.ValidationError, ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"helder.toml or environment: {error}. See docs/reference/settings.md.") from error
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuse values that nothing could work with, before anything starts.

    Raises:
        SettingsError: naming the first such setting, its value and what would be accepted.
    """
    for name, (wrong, accepted) in _judged(settings).items():
        if wrong:
            value = getattr(settings, name)
            raise SettingsError(f"{name} is {value!r}; it must be {accepted}. See docs/reference/settings.md.")


def _judged(settings: Settings) -> dict[str, tuple[bool, str]]:
    """Return for each setting that not every value will do for, whether its value is wrong, and what is accepted."""
    value = {name: getattr(settings, name) for name in (*_CHOICES, *_BOUNDS, *_SHAPES)}
    value["log_level"] = value["log_level"].upper()
    return {
        **{name: (value[name] not in some, f"{', '.join(some[:-1])} or {some[-1]}") for name, some in _CHOICES.items()},
        **{
            name: (not low <= value[name] <= high, f"from {low:g} to {high:g}") for name, (low, high) in _BOUNDS.items()
        },
        **{name: (not re.fullmatch(form, value[name]), what) for name, (form, what) in _SHAPES.items()},
    }


def _read(path: Path) -> dict[str, object]:
    """Return the table in ``path``; an absent file is an empty one."""
    if not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path.name} is not valid TOML: {error}.") from error
    unknown = sorted(set(values) - set(Settings.__struct_fields__))
    if unknown:
        raise SettingsError(f"{path.name} has settings that do not exist: {', '.join(unknown)}.")
    return values


def _overrides(environ: Mapping[str, str]) -> dict[str, object]:
    """Return the settings given as ``HELDER_<NAME>``; other variables with that prefix are left alone."""
    names = set(Settings.__struct_fields__) - {"data"}
    return {name: environ[key] for name in names if (key := f"HELDER_{name.upper()}") in environ}


def secret_key(data: Path) -> bytes:
    """Return this installation's 32-byte secret, made on first use and readable by its owner alone.

    It keys identity ids, link signatures and tombstones: losing it means that none of them match any more.
    """
    path = data / "secret.key"
    if not path.exists():
        _make_secret(path)
    key = path.read_bytes()
    if len(key) != 32:
        raise SettingsError("secret.key must hold exactly 32 bytes; restore it from a backup.")
    return key


def _make_secret(path: Path) -> None:
    """Make a secret whole or not at all: a process that dies half-way, or comes second, leaves the one that counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    handle = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(own, path)
    own.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
