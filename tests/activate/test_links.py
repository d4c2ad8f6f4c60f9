"""Signed links: who cannot sign, cannot make one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from helder.activate.links import Links, Read, base36
from helder.integrate.signed_links import Signers

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
LINKS = Links(b"k" * 32, "https://h.example")
STRANGER = Links(b"x" * 32, "https://h.example")
targets = st.sampled_from(
    ["https://a.example/", "https://a.example/?b=1&c=é#d", "https://a.example/?to=https://b.example"]
)


def token(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2]


@given(number=st.integers(1, 2**62), target=targets)
def test_a_click_reads_back(number: int, target: str) -> None:
    """The number of the message and the target come back, from the link as a browser sends it."""
    url = LINKS.click(number, target, NOW)
    sent = parse_qs(urlsplit(url).query)["to"][0]
    assert sent == target
    assert LINKS.read("c", token(url), NOW, sent) == Read(number, expired=False)
    assert LINKS.read("c", token(url), NOW + timedelta(days=401), sent) == Read(number, expired=True)


@given(number=st.integers(1, 2**62), place=st.integers(0, 60), letter=st.characters())
def test_one_changed_letter_is_refused(number: int, place: int, letter: str) -> None:
    """No change of a token gives another valid one."""
    good = token(LINKS.unsubscribe(number, NOW))
    changed = good[: place % len(good)] + letter + good[place % len(good) + 1 :]
    assert (LINKS.read("u", changed, NOW) is None) == (changed != good)


def test_a_token_is_good_for_one_thing() -> None:
    """A token to look at choices does not unsubscribe, and one of another installation does nothing."""
    made = token(LINKS.preferences(7, NOW))
    assert LINKS.read("p", made, NOW) == Read(7, expired=False)
    assert [LINKS.read(kind, made, NOW) for kind in "cou"] == [None] * 3
    assert STRANGER.read("p", made, NOW) is None


@given(text=st.text(max_size=40))
def test_anything_else_is_refused_quietly(text: str) -> None:
    """Whatever stands in the place of a token, the answer is no, and never a crash."""
    assert LINKS.read("u", text, NOW) is None


@given(identity=st.integers(0, 2**63 - 1), target=targets)
def test_a_landing_names_the_visitor_to_our_own_sites(identity: int, target: str) -> None:
    """What the collector reads from the address is who was mailed; after an hour it reads nothing."""
    url = LINKS.landing(target, identity, NOW)
    signers = Signers({"helder": b"k" * 32})
    assert signers.named(url, NOW + timedelta(minutes=59)) == identity
    assert signers.named(url, NOW + timedelta(minutes=61)) is None
    assert Signers({"helder": b"x" * 32}).named(url, NOW) is None


def test_an_old_word_in_the_address_is_replaced() -> None:
    """A link that was copied with somebody's word in it gets the one of who clicks."""
    url = LINKS.landing(LINKS.landing("https://a.example/?q=1", 1, NOW), 2, NOW)
    assert Signers({"helder": b"k" * 32}).named(url, NOW) == 2
    assert urlsplit(url).query.count("hld=") == 1


@given(number=st.integers(0, 2**70))
def test_base_36_reads_back(number: int) -> None:
    """The digits are those that Python's own int reads."""
    assert int(base36(number), 36) == number
