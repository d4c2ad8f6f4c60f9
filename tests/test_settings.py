"""Settings: from a file, overridden by the environment, refused when they cannot be understood."""

from __future__ import annotations

import stat
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
    ],
)
def test_a_setting_that_cannot_be_understood_stops_the_start(tmp_path: Path, text: str, named: str) -> None:
    """The error names what is wrong."""
    (tmp_path / "helder.toml").write_text(text)
    with pytest.raises(SettingsError, match=named):
        settings.load_settings(tmp_path, {})


def test_the_secret_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """The key of an installation stays the same, and only its owner can read it."""
    first = settings.secret_key(tmp_path / "data")
    assert settings.secret_key(tmp_path / "data") == first
    assert len(first) == 32
    assert stat.S_IMODE((tmp_path / "data/secret.key").stat().st_mode) == 0o600


def test_a_broken_secret_is_refused(tmp_path: Path) -> None:
    """A key that was cut short would change every identity, so the start is refused."""
    (tmp_path / "secret.key").write_bytes(b"short")
    with pytest.raises(SettingsError, match="32 bytes"):
        settings.secret_key(tmp_path)
