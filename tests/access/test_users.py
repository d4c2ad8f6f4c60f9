"""People, their passwords, sessions, invitations and drafts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helder.access.drafts import Change, Drafts
from helder.access.invitations import Invitations
from helder.access.lockout import MOST_FROM_ONE, MOST_OF_ONE, WITHIN, TooManyAttempts
from helder.access.passwords import hashed, verified
from helder.access.sessions import IDLE, LASTS, Sessions
from helder.access.users import Users
from helder.errors import Conflict, Denied, InvalidInput, NotFound
from helder.govern.audit import read_audit
from helder.store.state import State, create_all, open_state
from helder.store.tables.access import invitation, session, user

KEY = b"k" * 32
PASSWORD = "een heel lang wachtwoord"
HERE = "192.0.2.7"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(tmp_path / "state.db")
    create_all(opened)
    yield opened
    opened.close()


def test_a_password_is_kept_as_argon2id(state: State, now: datetime) -> None:
    """Neither the password nor a plain hash of it is in the database, and only it fits."""
    who = Users(state).add("Lotte@Tuin.example", "Lotte", "admin", PASSWORD, now, "test")
    with state.read() as connection:
        kept = connection.scalar(select(user.c.password).where(user.c.id == who.id)) or ""
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert verified(PASSWORD, kept)
    assert not verified(PASSWORD + " ", kept)
    assert not verified(PASSWORD, "")


@pytest.mark.parametrize("password", ["short", "x" * 257, ""])
def test_a_password_has_a_length(password: str) -> None:
    """Too short can be guessed, too long would cost the server."""
    with pytest.raises(InvalidInput):
        hashed(password)


def test_signing_in_takes_address_and_password(state: State, now: datetime) -> None:
    """The right pair gives a session, however the address is capitalised; what was wrong is not told."""
    sessions, users = Sessions(state, KEY), Users(state)
    who = users.add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    token = sessions.sign_in(" LOTTE@tuin.example", PASSWORD, HERE, now)
    assert sessions.who(token, now) == who
    told = set()
    for email, password in (("lotte@tuin.example", "wrong"), ("nobody@tuin.example", PASSWORD)):
        with pytest.raises(Denied) as refused:
            sessions.sign_in(email, password, HERE, now)
        told.add(str(refused.value))
    assert len(told) == 1


def test_the_cookie_is_not_in_the_database(state: State, now: datetime) -> None:
    """Whoever reads the database cannot come in with what they find there."""
    sessions = Sessions(state, KEY)
    who = Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    token = sessions.begin(who.id, now)
    with state.read() as connection:
        (row,) = connection.execute(select(session)).all()
    assert token not in str(row)
    assert sessions.who(row.digest, now) is None


def test_a_session_ends_when_it_is_not_used(state: State, now: datetime) -> None:
    """Use prolongs it, up to its longest life."""
    sessions = Sessions(state, KEY)
    who = Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    idle, used = sessions.begin(who.id, now), sessions.begin(who.id, now)
    at = now
    while at < now + LASTS - timedelta(days=1):
        assert sessions.who(used, at) is not None
        at += IDLE - timedelta(hours=1)
    assert sessions.who(idle, now + IDLE) is None
    assert sessions.who(used, now + LASTS) is None


def test_signing_out_everywhere_ends_stolen_cookies(state: State, now: datetime) -> None:
    """No token that was given before works any more; the one that is kept does."""
    sessions = Sessions(state, KEY)
    who = Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    stolen, mine = sessions.begin(who.id, now), sessions.begin(who.id, now)
    assert sessions.end_all(who.id, now, but=mine) == 1
    assert sessions.who(stolen, now) is None
    assert sessions.who(mine, now) is not None
    sessions.end(mine)
    assert sessions.who(mine, now) is None


def test_a_new_password_ends_the_other_sessions(state: State, now: datetime) -> None:
    """The old password is asked, works no more, and whoever had it is out."""
    sessions = Sessions(state, KEY)
    who = Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    stolen, mine = sessions.begin(who.id, now), sessions.begin(who.id, now)
    with pytest.raises(InvalidInput):
        sessions.change_password(who.id, "wrong", "nog een lang wachtwoord", now, mine)
    sessions.change_password(who.id, PASSWORD, "nog een lang wachtwoord", now, mine)
    assert sessions.who(stolen, now) is None
    assert sessions.who(mine, now) is not None
    with pytest.raises(Denied):
        sessions.sign_in("lotte@tuin.example", PASSWORD, HERE, now)
    assert sessions.sign_in("lotte@tuin.example", "nog een lang wachtwoord", HERE, now)


def test_guessing_is_locked_out(state: State, now: datetime) -> None:
    """After five failures even the right password waits a quarter of an hour, whether or not the person exists."""
    sessions = Sessions(state, KEY)
    Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    for email in ("lotte@tuin.example", "nobody@tuin.example"):
        for _ in range(MOST_OF_ONE):
            with pytest.raises(Denied):
                sessions.sign_in(email, "wrong", HERE, now)
        with pytest.raises(TooManyAttempts):
            sessions.sign_in(email, PASSWORD, "198.51.100.1", now)
    assert sessions.sign_in("lotte@tuin.example", PASSWORD, HERE, now + WITHIN)


def test_guessing_at_many_people_is_locked_out(state: State, now: datetime) -> None:
    """One address that tries one password on everybody is stopped; others still come in."""
    sessions = Sessions(state, KEY)
    Users(state).add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    for number in range(MOST_FROM_ONE):
        sessions._lockout.note(f"p{number}@tuin.example", HERE, now)
    with pytest.raises(TooManyAttempts):
        sessions.sign_in("lotte@tuin.example", PASSWORD, HERE, now)
    assert sessions.sign_in("lotte@tuin.example", PASSWORD, "198.51.100.1", now)


def test_who_is_shut_out_is_out_at_once(state: State, now: datetime) -> None:
    """Their sessions end, they cannot sign in, and it can be undone."""
    sessions, users = Sessions(state, KEY), Users(state)
    users.add("baas@tuin.example", "Baas", "admin", PASSWORD, now, "test")
    who = users.add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    token = sessions.begin(who.id, now)
    users.disable(who.id, now, "user:1")
    assert sessions.who(token, now) is None
    with pytest.raises(Denied):
        sessions.sign_in("lotte@tuin.example", PASSWORD, HERE, now)
    users.enable(who.id, now, "user:1")
    assert sessions.sign_in("lotte@tuin.example", PASSWORD, HERE, now)


def test_the_last_administrator_stays(state: State, now: datetime) -> None:
    """Neither another role nor shutting out may leave nobody who can let people in."""
    users = Users(state)
    one = users.add("a@tuin.example", "A", "admin", PASSWORD, now, "test")
    with pytest.raises(Conflict):
        users.change_role(one.id, "viewer", now, "test")
    with pytest.raises(Conflict):
        users.disable(one.id, now, "test")
    users.add("b@tuin.example", "B", "admin", PASSWORD, now, "test")
    assert users.change_role(one.id, "viewer", now, "test") == "admin"


def test_the_first_administrator_comes_once(state: State, now: datetime) -> None:
    """The printed link works once, the newest only, and never when somebody is there."""
    invitations = Invitations(state)
    old, token = invitations.first(now), invitations.first(now)
    assert old
    assert token
    with pytest.raises(NotFound):
        invitations.look(old, now)
    who = invitations.accept(token, "Lotte", PASSWORD, now, "lotte@tuin.example")
    assert (who.role, who.email) == ("admin", "lotte@tuin.example")
    with pytest.raises(NotFound):
        invitations.accept(token, "Mallory", PASSWORD, now, "mallory@tuin.example")
    assert invitations.first(now) is None


def test_an_invitation_makes_one_person_with_its_role(state: State, now: datetime) -> None:
    """It is for one address, works once and for a week; a mistake in the form leaves it good."""
    users, invitations = Users(state), Invitations(state)
    token = invitations.invite("Jan@tuin.example", "viewer", now, "user:1")
    with pytest.raises(InvalidInput):
        invitations.accept(token, "Jan", "short", now)
    with pytest.raises(NotFound):
        invitations.look(token, now + timedelta(days=8))
    who = invitations.accept(token, " Jan   Jansen ", PASSWORD, now, "else@tuin.example")
    assert (who.email, who.name, who.role) == ("jan@tuin.example", "Jan Jansen", "viewer")
    with pytest.raises(NotFound):
        invitations.look(token, now)
    with pytest.raises(Conflict):
        invitations.invite("jan@tuin.example", "admin", now, "user:1")
    assert [each.email for each in users.all()] == ["jan@tuin.example"]
    with state.read() as connection:
        assert token not in str(connection.execute(select(invitation)).all())


def test_an_invitation_can_be_withdrawn(state: State, now: datetime) -> None:
    """After that its link is of no use."""
    invitations = Invitations(state)
    token = invitations.invite("jan@tuin.example", "viewer", now, "user:1")
    (waiting,) = invitations.waiting(now)
    invitations.withdraw(waiting.digest, now, "user:1")
    with pytest.raises(NotFound):
        invitations.look(token, now)


def test_a_reset_gives_a_new_password_and_ends_sessions(state: State, now: datetime) -> None:
    """The link makes nobody new and changes no role."""
    sessions, users, invitations = Sessions(state, KEY), Users(state), Invitations(state)
    who = users.add("lotte@tuin.example", "Lotte", "marketer", PASSWORD, now, "test")
    stolen = sessions.begin(who.id, now)
    token = invitations.reset(who.id, now, "user:1")
    assert invitations.accept(token, "", "nog een lang wachtwoord", now) == who
    assert sessions.who(stolen, now) is None
    assert sessions.sign_in("lotte@tuin.example", "nog een lang wachtwoord", HERE, now)


def test_the_trail_tells_who_did_what_and_names_nobody(state: State, now: datetime) -> None:
    """Each change is there with its actor; no name and no address is."""
    users, invitations = Users(state), Invitations(state)
    who = users.add("lotte@tuin.example", "Lotte Bakker", "admin", PASSWORD, now, "command line")
    invitations.invite("jan@tuin.example", "viewer", now, who.actor)
    other = users.add("piet@tuin.example", "Piet", "viewer", PASSWORD, now, who.actor)
    users.change_role(other.id, "engineer", now, who.actor)
    users.disable(other.id, now, who.actor)
    entries = read_audit(state)
    told = [(entry.actor, entry.action, entry.subject) for entry in reversed(entries)]
    assert told == [
        ("command line", "user.added", "user:1"),
        ("user:1", "user.invited", "user:*"),
        ("user:1", "user.added", "user:2"),
        ("user:1", "user.role", "user:2"),
        ("user:1", "user.disabled", "user:2"),
    ]
    assert not [word for word in ("@", "Lotte", "Piet") if word in str(entries)]


def test_a_form_s_proof_is_of_one_session(state: State) -> None:
    """Another session's proof, or another installation's, does not fit."""
    assert Sessions(state, KEY).csrf("a") == Sessions(state, KEY).csrf("a")
    assert len({Sessions(state, key).csrf(token) for key in (KEY, b"x" * 32) for token in ("a", "b")}) == 4


def test_a_draft_is_its_owner_s(state: State, now: datetime) -> None:
    """The newest holds; another's is another's; dropped it is gone."""
    drafts = Drafts(state)
    drafts.keep("user:1", "segment:x", "{1}", 3, now)
    drafts.keep("user:1", "segment:x", "{2}", 3, now + timedelta(seconds=1))
    drafts.keep("user:2", "segment:x", "{9}", 4, now)
    found = drafts.get("user:1", "segment:x")
    assert found is not None
    assert (found.body, found.based_on) == ("{2}", 3)
    assert [each.body for each in drafts.all("user:2")] == ["{9}"]
    drafts.drop("user:1", "segment:x")
    assert drafts.get("user:1", "segment:x") is None


def test_an_older_change_does_not_replace_a_newer(state: State, now: datetime) -> None:
    """Within a sheet the highest number holds, also after it was saved; another sheet counts for itself."""
    drafts = Drafts(state)
    assert drafts.keep("user:1", "segment:x", "{2}", 3, now, Change("a", 2))
    assert not drafts.keep("user:1", "segment:x", "{1}", 3, now, Change("a", 1))
    assert [each.body for each in drafts.all("user:1")] == ["{2}"]
    drafts.close("user:1", "segment:x", now, Change("a", 4))
    assert not drafts.keep("user:1", "segment:x", "{3}", 3, now, Change("a", 3))
    assert drafts.get("user:1", "segment:x") is None
    assert drafts.all("user:1") == []
    assert drafts.keep("user:1", "segment:x", "{5}", 3, now, Change("b", 1))
    found = drafts.get("user:1", "segment:x")
    assert found is not None
    assert found.body == "{5}"
