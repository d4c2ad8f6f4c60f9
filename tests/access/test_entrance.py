"""Entrances: signed, expiring codes to the pages."""

from datetime import UTC, datetime, timedelta

import pytest

from helder.access.entrance import LASTS, admits, entrance

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = b"k" * 32


def test_a_code_admits_until_it_expires() -> None:
    """A code is good to its last second and not after it."""
    code = entrance(KEY, NOW)
    assert admits(code, KEY, NOW + LASTS - timedelta(seconds=1))
    assert not admits(code, KEY, NOW + LASTS)


def test_an_address_code_is_no_cookie() -> None:
    """What is printed in an address cannot be used as a session, nor the other way round."""
    assert not admits(entrance(KEY, NOW), KEY, NOW, "session")
    assert not admits(entrance(KEY, NOW, "session"), KEY, NOW)


def test_another_installation_s_code_is_refused() -> None:
    """A code signed with another secret admits nobody."""
    assert not admits(entrance(b"x" * 32, NOW), KEY, NOW)


@pytest.mark.parametrize("code", ["", ".", "1.", "x.y", "²³.abc", "9" * 40 + ".abc", "1764000000", "é.é", "1.é"])
def test_nonsense_is_refused_without_an_error(code: str) -> None:
    """Whatever is sent in place of a code is simply refused."""
    assert not admits(code, KEY, NOW)
