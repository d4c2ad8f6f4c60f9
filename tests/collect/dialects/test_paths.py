"""Which dialect is spoken where."""

from __future__ import annotations

import pytest

from helder.collect.dialects.paths import DIALECTS, ROUTES


def test_no_path_is_spoken_at_in_two_dialects() -> None:
    """Each path leads to one dialect, and ends without a slash."""
    paths = [path for dialect in DIALECTS for path in dialect.paths]
    assert sorted(paths) == sorted(ROUTES)
    assert [path for path in paths if path.endswith("/") or not path.startswith("/")] == []


@pytest.mark.parametrize("body", ["{}", "[]", '{"api_key": 7}', "", "\ud800".encode("utf-8", "surrogatepass").hex()])
def test_a_body_without_a_key_has_none(body: str) -> None:
    """Whatever the body is, looking for a key is no error."""
    assert [dialect.key(body.encode(), "") for dialect in DIALECTS] == [""] * len(DIALECTS)


def test_a_masked_key_is_found() -> None:
    """Jitsu's clients put stars in place of the secret."""
    jitsu = ROUTES["/api/s/track"].dialect
    assert jitsu.key(b'{"writeKey":"KEY:***"}', "") == "KEY"
