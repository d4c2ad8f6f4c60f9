"""Write keys and API keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from helder.access.keys import ROLES, TRUSTED_SECONDS, ApiKey, Keys, Role
from helder.errors import InvalidInput, NotFound
from helder.store.migrations import upgrade
from helder.store.state import State, open_state


class Ticker:
    """A stopwatch that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path / "state.db")
    upgrade(opened)
    yield opened
    opened.close()


def test_a_write_key_names_its_source(state: State, now: datetime) -> None:
    """The key that was made opens its source, any other opens nothing."""
    keys = Keys(state)
    made = keys.add_write_key("site", now)
    found = keys.write_key(made)
    assert found is not None
    assert found.source == "site"
    assert keys.write_key(made + "x") is None
    assert keys.write_key("") is None


def test_keys_are_kept_as_digests_only(state: State, now: datetime, tmp_path: Path) -> None:
    """Neither kind of key can be read from the file of the state."""
    keys = Keys(state)
    made = [keys.add_write_key("site", now), keys.add_api_key("crm", "viewer", now)]
    state.close()
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [key for key in made if key.encode() in held]


def test_a_given_write_key_is_kept_once(state: State, now: datetime) -> None:
    """A key taken over from another tool may be added again for its source, never for another one."""
    keys = Keys(state)
    assert keys.add_write_key("site", now, "WK") == "WK"
    assert keys.add_write_key("site", now, "WK") == "WK"
    with pytest.raises(InvalidInput):
        keys.add_write_key("other", now, "WK")
    assert len(keys.listed()) == 1


@pytest.mark.parametrize("kind", ["write", "api"])
@pytest.mark.parametrize("by_digest", [True, False])
def test_a_revoked_key_stops_working(state: State, now: datetime, kind: str, *, by_digest: bool) -> None:
    """Elsewhere it works until the answer is no longer trusted, then no more; here it ends at once."""
    ticker = Ticker()
    keys, elsewhere = Keys(state), Keys(state, ticker)
    made = keys.add_write_key("site", now) if kind == "write" else keys.add_api_key("crm", "viewer", now)
    look = (lambda k: k.write_key(made)) if kind == "write" else (lambda k: k.api_key(made))
    assert look(keys)
    assert look(elsewhere)
    keys.revoke(keys.listed()[0][2][:12] if by_digest else made, now)
    assert look(keys) is None
    assert look(elsewhere) is not None
    ticker.seconds = TRUSTED_SECONDS + 0.1
    assert look(elsewhere) is None
    with pytest.raises(NotFound):
        keys.revoke(made, now)


def test_unknown_keys_do_not_fill_the_memory(state: State) -> None:
    """Someone who tries keys at random is answered from a memory of bounded size."""
    keys = Keys(state)
    for number in range(10_050):
        keys._write_keys[str(number)] = (0.0, None)
    keys.write_key("x")
    assert len(keys._write_keys) == 1


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_those_before_it_may(role: Role) -> None:
    """Each role may do its own and everything of a lesser one, nothing of a greater one."""
    mine = ApiKey("x", role)
    assert [mine.may(each) for each in ROLES] == [ROLES.index(each) <= ROLES.index(role) for each in ROLES]


def test_an_api_key_tells_its_name_and_role(state: State, now: datetime) -> None:
    """What was made is found, with what it may do."""
    keys = Keys(state)
    assert keys.api_key(keys.add_api_key("crm", "engineer", now)) == ApiKey("crm", "engineer")
    assert keys.api_key("hk_nothing") is None
