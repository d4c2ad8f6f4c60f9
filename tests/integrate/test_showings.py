"""Who showed a word first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.integrate.conftest import KEY, World
from tests.integrate.test_web_identities import AT, LINK_KEY, SITE, event, said

from helder.collect.sighting import event_rows
from helder.collect.words import without_words
from helder.integrate.showings import Showings, Shown, shown_in
from helder.integrate.signed_links import Signers, signed_word
from helder.integrate.web_identities import WebIdentities
from helder.store.keys import identity_id

NOON = datetime(2026, 11, 24, 12)  # noqa: DTZ001 - as stores hold it


def landing(identity: int, message: int = 7, ends: datetime = AT + timedelta(hours=1), *, mail: bool = True) -> str:
    return f"https://site.example/?hld={signed_word(identity, message, ends, LINK_KEY, mail=mail)}"


@pytest.fixture
def identify(world: World) -> WebIdentities:
    """Identifies events of two sites."""
    for key in ("site", "other"):
        text = SITE.replace('"site"', f'"{key}"').replace('"wk"', f'"wk-{key}"')
        world.sources.add(world.write(f"{key}.toml", text), world.now)
    return WebIdentities(world.state, KEY, LINK_KEY, lambda since: shown_in(world.facts, since))


def links(identify: WebIdentities, browser: str, url: str, source: str = "site", user: str | None = None) -> set[str]:
    found = identify(event(anonymous_id=browser, url=url, source=source, user_id=user, received_at=NOON))
    return {reason for _, _, reason, _ in said(found)[2]}


def test_a_replay_names_nobody(identify: WebIdentities) -> None:
    """The first browser of a mail is its reader; a second says nothing, also by a later word of the same mail."""
    noor = identity_id("email", "noor@example.nl", KEY)
    url = landing(noor)
    assert links(identify, "first", url) == {"signed_link"}
    assert links(identify, "friend", url) == set()
    assert links(identify, "friend", landing(noor, ends=AT + timedelta(minutes=30))) == set()
    assert links(identify, "first", url) == {"signed_link"}
    assert links(identify, "first", url, user="7") == {"signed_link", "login"}


def test_the_next_mail_and_the_other_site_are_read_anew(identify: WebIdentities) -> None:
    """Another message, or another site, may be come to by another browser of the reader."""
    noor = identity_id("email", "noor@example.nl", KEY)
    assert links(identify, "first", landing(noor)) == {"signed_link"}
    assert links(identify, "phone", landing(noor, message=8)) == {"signed_link"}
    assert links(identify, "elsewhere", landing(noor), source="other") == {"signed_link"}


def test_a_crossing_is_for_one_browser(identify: WebIdentities) -> None:
    """The word of a crossing says so, and is not another's."""
    before = identity_id("anonymous:other", "a", KEY)
    url = landing(before, message=99, mail=False)
    assert links(identify, "b", url) == {"cross_site"}
    assert links(identify, "c", url) == set()


def test_it_is_remembered_across_a_start(identify: WebIdentities, world: World) -> None:
    """Who showed a word is read from the events after a start."""
    url = landing(identity_id("email", "noor@example.nl", KEY))
    first = event(anonymous_id="first", url=url, received_at=NOON)
    found = identify(first)
    assert found is not None
    with world.facts.write() as batch:
        batch.append("event_tail", event_rows(without_words([first], [found.shown]), [found.identity.id]))
    again = WebIdentities(world.state, KEY, LINK_KEY, lambda since: shown_in(world.facts, since))
    assert links(again, "friend", url) == set()
    assert links(again, "first", url) == {"signed_link"}


def test_a_word_that_is_not_right_cannot_take_the_first_place(identify: WebIdentities, world: World) -> None:
    """Whoever makes up what Helder keeps of a word stores nothing, and so keeps no reader from being named."""
    url = landing(identity_id("email", "noor@example.nl", KEY))
    made_up = event(anonymous_id="stranger", url="https://site.example/?hld=-7", received_at=NOON)
    found = identify(made_up)
    assert found is not None
    with world.facts.write() as batch:
        batch.append("event_tail", event_rows(without_words([made_up], [found.shown]), [found.identity.id]))
    again = WebIdentities(world.state, KEY, LINK_KEY, lambda since: shown_in(world.facts, since))
    assert links(again, "first", url) == {"signed_link"}


@given(identity=st.integers(0, 2**63 - 1), number=st.integers(0, 2**62), mail=st.booleans())
def test_a_word_hides_whom_it_names(identity: int, number: int, *, mail: bool) -> None:
    """It reads back here only, and two words about one person share nothing but their form."""
    signers = Signers({"helder": LINK_KEY})
    words = [signed_word(identity, number + each, AT + timedelta(hours=1), LINK_KEY, mail=mail) for each in (0, 1)]
    read = [signers.read(f"https://x.example/?hld={word}", AT) for word in words]
    assert [each and each.identity for each in read] == [identity, identity]
    hidden = [word.split(".")[1].replace("_", "-").split("-")[0] for word in words]
    assert hidden[0] != hidden[1]
    assert Signers({"helder": b"x" * 32}).read(f"https://x.example/?hld={words[0]}", AT) is None


@given(order=st.permutations(range(4)))
def test_the_first_stays_the_first(order: list[int]) -> None:
    """Whatever comes after, and however often, only the first is named."""
    showings = Showings(lambda _since: ())
    shown = [Shown("site", "-7", number) for number in order]
    for _ in range(2):
        assert [showings.first([each], NOON) for each in shown] == [True, False, False, False]
