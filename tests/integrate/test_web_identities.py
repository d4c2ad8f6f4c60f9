from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from tests.integrate.conftest import KEY, World

from helder.activate.links import signed_identity
from helder.collect.event import Event
from helder.integrate.web_identities import Identified, WebIdentities
from helder.store.keys import identity_id

SITE = """
source = "site"
name = {nl = "Site", en = "Site"}
type = "web"
write_key = "wk"
user_id_kind = "customer:shop"
"""
NEWS = """
source = "news"
name = {nl = "Nieuws", en = "News"}
type = "files"
link_secret = "geheim"
"""
LINK_KEY = b"l" * 32
AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.fixture
def identify(world: World) -> WebIdentities:
    """Identifies events of a site and links of a newsletter tool."""
    for name, text in (("site", SITE), ("news", NEWS)):
        world.sources.add(world.write(f"{name}.toml", text), world.now)
    return WebIdentities(world.state, KEY, LINK_KEY)


def event(**values: object) -> Event:
    moment = AT.replace(tzinfo=None)
    plain = {"message_id": "m", "type": "track", "name": "X", "source": "site", "at": moment, "received_at": moment}
    return Event(**{**plain, **values})


def said(found: Identified | None) -> tuple[str, set[str], set[tuple[str, str, str, int]]]:
    assert found is not None
    links = {(one.kind, other.kind, reason, strength) for one, other, reason, strength in found.links}
    return found.identity.kind, {other.kind for other in found.others}, links


def word(subscriber: str, ends: datetime, key: str = "geheim") -> str:
    text = f"news.{subscriber}.{int(ends.timestamp())}"
    mac = base64.urlsafe_b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()[:22]
    return f"https://site.example/?a=b&hld={text}.{mac}"


def test_an_event_is_the_users_else_the_anonymous_ones(identify: WebIdentities) -> None:
    """A log-in links the browser with the user; the same ids are worked out once."""
    both = event(user_id="7", anonymous_id="a")
    login = ("customer:shop", "anonymous:site", "login", 80)
    assert said(identify(both)) == ("customer:shop", {"anonymous:site"}, {login})
    assert said(identify(event(anonymous_id="a"))) == ("anonymous:site", set(), set())
    assert identify(both) is identify(event(user_id="7", anonymous_id="a", name="Y"))
    assert identify(event(user_id=" ", anonymous_id="-")) is None


def test_an_address_in_an_identify_call_becomes_a_link_and_a_field(identify: WebIdentities) -> None:
    """Traits give identities in normal form, and fields of the golden record; what is unknown goes along."""
    traits = {
        "email": "Jan@X.nl",
        "firstName": "Jan",
        "birthday": "1980-01-31",
        "plan": "gold",
        "address": {"city": "Delft"},
    }
    found = identify(event(type="identify", user_id="7", anonymous_id="a", traits=traits))
    assert ("customer:shop", "email", "same_record", 90) in said(found)[2]
    assert found is not None
    assert found.person is not None
    assert {key: found.person[key] for key in ("email", "first_name", "city")} == {
        "email": "jan@x.nl", "first_name": "Jan", "city": "Delft",
    }  # fmt: skip
    assert found.person["extra"] == '{"plan":"gold"}'
    unknown = identify(event(type="identify", anonymous_id="a", traits={"email": "jan@x.nl"}))
    assert ("anonymous:site", "email", "login", 80) in said(unknown)[2]
    assert identify(event(type="track", user_id="7", traits={"email": "x@y.nl"})) is not None


def test_a_signed_link_names_a_subscriber(identify: WebIdentities) -> None:
    """A word signed with the newsletter's secret links the browser with the subscriber, more weakly than a log-in."""
    url = word("N1", AT + timedelta(days=1))
    signed = ("anonymous:site", "subscriber:news", "signed_link", 70)
    assert said(identify(event(anonymous_id="a", url=url)))[2] == {signed}
    logged_in = said(identify(event(anonymous_id="a", user_id="7", url=url)))
    assert signed in logged_in[2]


@pytest.mark.parametrize(
    "url",
    [
        word("N1", AT - timedelta(seconds=1)),
        word("N1", AT + timedelta(days=1), "guessed"),
        word("N1", AT + timedelta(days=1)).replace("N1", "N2"),
        word("N1", AT + timedelta(days=1)).replace("hld=news", "hld=site"),
        "https://site.example/?hld=",
        "https://site.example/?hld=a.b.c",
        "https://site.example/?hld=news.é.1.x",
    ],
)
def test_a_word_that_ended_or_was_not_signed_says_nothing(identify: WebIdentities, url: str) -> None:
    """Expired, forged, altered and broken words link nobody."""
    assert said(identify(event(anonymous_id="a", url=url)))[2] == set()


def test_a_link_of_helders_own_mail_names_an_identity(identify: WebIdentities) -> None:
    """Helder signs the identity itself, so no address stands in the link."""
    someone = identity_id("email", "jan@x.nl", KEY)
    url = f"https://site.example/?hld={signed_identity(someone, AT + timedelta(hours=1), LINK_KEY)}"
    found = identify(event(anonymous_id="a", url=url))
    assert found is not None
    assert [(other.id, reason, strength) for _, other, reason, strength in found.links] == [
        (someone, "signed_link", 70)
    ]
    assert found.others == ()


def test_a_consented_device_is_the_weakest_link(identify: WebIdentities) -> None:
    """A device id links the browser at the least strength."""
    assert said(identify(event(anonymous_id="a", device_id="d-1")))[2] == {("anonymous:site", "device", "device", 50)}


def test_an_alias_links_the_browser_before(identify: WebIdentities) -> None:
    """An alias says that an earlier anonymous id is this user."""
    found = said(identify(event(type="alias", user_id="7", previous_id="old")))
    assert found[2] == {("customer:shop", "anonymous:site", "login", 80)}


def test_a_source_added_later_is_known_at_once(identify: WebIdentities, world: World) -> None:
    """The first event of a new source makes its kinds known."""
    text = SITE.replace('"site"', '"other"').replace('"wk"', '"wk2"').replace("customer:shop", "user:portal")
    world.sources.add(world.write("other.toml", text), world.now)
    assert said(identify(event(source="other", user_id="7")))[0] == "user:portal"
    assert said(identify(event(source="unheard-of", user_id="7")))[0] == "user:unheard-of"
