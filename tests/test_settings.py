"""Settings: from a file, overridden by the environment, refused when they cannot be understood."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from helder import settings
from helder.errors import SettingsError


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """A new data folder needs no settings at all."""
    read = settings.load_settings(tmp_path, {})
    assert (read.data, read.port, read.language) == (tmp_path.resolve(), 8300, "nl")


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    """HELDER_PORT wins over port in helder.toml; other variables with the prefix are left alone."""
    (tmp_path / "helder.toml").write_text('port = 1\ncompany = "Lentehof"\n')
    read = settings.load_settings(tmp_path, {"HELDER_PORT": "2", "HELDER_SOMETHING": "x"})
    assert (read.port, read.company) == (2, "Lentehof")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("prot = 1\n", "prot"),
        ('port = "many"\n', "port"),
        ('time_zone = "Europe/Atlantis"\n', "Atlantis"),
        ("port = \n", "valid TOML"),
        ("port = 70000\n", "port is 70000; it must be from 1 to 65535"),
        ('language = "de"\n', "language is 'de'; it must be nl or en"),
        ('smtp_tls = "maybe"\n', "auto, always, implicit or never"),
        ('log_level = "LOUD"\n', "DEBUG, INFO, WARNING or ERROR"),
        ("tick_ms = 0\n", "tick_ms is 0"),
        ("source_timeout_seconds = nan\n", "source_timeout_seconds is nan"),
        ('memory_limit = "lots"\n', "memory_limit is 'lots'"),
        ('public_url = "helder.example.org"\n', "public_url is 'helder.example.org'"),
        ('sender = "Lentehof"\n', "sender is 'Lentehof'"),
    ],
)
def test_a_setting_that_cannot_be_understood_stops_the_start(tmp_path: Path, text: str, named: str) -> None:
    """The error names what is wrong."""
    (tmp_path / "helder.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        settings.load_settings(tmp_path, {})


def test_what_the_documentation_accepts_is_accepted(tmp_path: Path) -> None:
    """The settings as the reference shows them, a level in small letters, and the other forms of each."""
    text = """
public_url = "https://helder.example.org/mail"
sender = "workshops@lentehof.example"
log_level = "debug"
smtp_tls = "implicit"
memory_limit = "1.5 GiB"
language = "en"
"""
    (tmp_path / "helder.toml").write_text(text)
    assert settings.load_settings(tmp_path, {}).address == "https://helder.example.org/mail"


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The key of an installation stays the same, and only its owner can read it."""
    first = settings.secret_key(tmp_path / "data")
    assert settings.secret_key(tmp_path / "data") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "data/secret.key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    """However many make it, and whoever dies half-way: it is whole from the moment it is there, and it is one."""
    (tmp_path / "secret.key.1").write_bytes(b"half")
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: settings.secret_key(tmp_path), range(64)))
    assert len(found) == 1
    assert len(found.pop()) == 32


def test_a_broken_secret_is_refused(tmp_path: Path) -> None:
    """A key that was cut short would change every identity, so the start is refused."""
    (tmp_path / "secret.key").write_bytes(b"short")
    with pytest.raises(SettingsError, match="32 bytes"):
        settings.secret_key(tmp_path)
