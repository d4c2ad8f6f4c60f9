"""Write keys and API keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from helder.access.allowance import Allowance
from helder.access.keys import ROLES, TRUSTED_SECONDS, ApiKey, Keys, Role, digest
from helder.collect.plan.definition import read_plan
from helder.collect.plan.saved import read_plans, read_saved, save_plan
from helder.errors import InvalidInput, NotFound
from helder.govern.audit import read_audit
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
    keys.revoke(keys.listed()[0].digest[:12] if by_digest else made, now)
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


def test_what_a_key_allows_is_kept_shown_and_changed(state: State, now: datetime) -> None:
    """All of it holds at once here, and elsewhere when the answer is no longer trusted; a bucket outlives a look."""
    ticker = Ticker()
    keys, elsewhere = Keys(state), Keys(state, ticker)
    made = keys.add_write_key(
        "site", now, allows=Allowance(use="page", origins=("https://A.example/",), events_per_second=2)
    )
    found = elsewhere.write_key(made)
    assert found is not None
    assert (found.use, found.allowed_origins, found.limited) == ("page", ("https://a.example",), True)
    assert found.bucket is not None
    assert (found.bucket.rate, found.bucket.burst) == (2, 20)
    assert keys.listed()[0].allows == "for a page; from https://a.example; 2 events a second"
    ticker.seconds += TRUSTED_SECONDS + 0.1
    later = elsewhere.write_key(made)
    assert later is not None
    assert later.bucket is found.bucket
    keys.change_write_key(keys.listed()[0].digest[:12], Allowance(), now)
    ticker.seconds += TRUSTED_SECONDS + 0.1
    after = elsewhere.write_key(made)
    assert after is not None
    assert not after.limited
    with pytest.raises(NotFound):
        keys.change_write_key("nothing", Allowance(), now)


@pytest.mark.parametrize(
    "allows",
    [
        Allowance(origins=("www.example.com",)),
        Allowance(origins=("https://www.example.com/path",)),
        Allowance(use="server", origins=("https://www.example.com",)),
        Allowance(events_per_second=0),
        Allowance(events_per_second=1, burst=0),
        Allowance(burst=10),
    ],
)
def test_what_a_key_cannot_allow_is_refused(state: State, now: datetime, allows: Allowance) -> None:
    """Nothing is made, and nothing is changed."""
    keys = Keys(state)
    with pytest.raises(InvalidInput):
        keys.add_write_key("site", now, allows=allows)
    assert keys.listed() == []


def test_what_is_done_with_keys_is_in_the_audit_trail(state: State, now: datetime) -> None:
    """Each by the beginning of the key's digest: never the key."""
    keys = Keys(state)
    made = keys.add_write_key("site", now)
    keys.change_write_key(made, Allowance(use="server"), now)
    keys.revoke(made, now, "key:boss")
    keys.add_api_key("crm", "viewer", now)
    trail = read_audit(state)
    assert [(each.actor, each.action) for each in trail] == [
        ("command line", "key.add"),
        ("key:boss", "key.revoke"),
        ("command line", "key.change"),
        ("command line", "key.add"),
    ]
    assert trail[1].subject == f"key:{digest(made)[:12]}"
    assert made not in str(trail)


def test_the_plan_of_a_source_comes_with_its_key(state: State, now: datetime) -> None:
    """A saved plan holds within seconds; the same plan again is no new version, and each version stays."""
    keys = Keys(state)
    made = keys.add_write_key("site", now)
    first = read_plan("source = 'site'\nmode = 'enforce'")
    assert save_plan(state, first, now, "x").version == save_plan(state, first, now, "x").version == 1
    found = keys.write_key(made)
    assert found is not None
    assert found.plan is not None
    assert (found.plan.version, found.plan.enforced) == (1, True)
    assert save_plan(state, read_plan("source = 'site'\nmode = 'off'"), now, "x").version == 2
    assert (read_saved(state, "site", 1).plan, read_saved(state, "site").plan.mode) == (first, "off")
    assert [each.version for each in read_plans(state)] == [2]
    fresh = Keys(state).write_key(made)
    assert fresh is not None
    assert fresh.plan is None
    with pytest.raises(NotFound):
        read_saved(state, "site", 3)
