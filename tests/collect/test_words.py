"""No signed word stays anywhere in the facts."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from tests.collect.conftest import RECEIVED_AT, Stores, Who, identify

from helder.clock import aware
from helder.collect.event import Entry, Event, Rejection
from helder.collect.receive import Receive
from helder.collect.words import without_word, without_words
from helder.store.facts.schema import table

WORD = "hld=helder.abc-7k.1795000000.m-A_c"


SEEN = Event(
    message_id="m", type="page", name="", source="site", at=RECEIVED_AT, received_at=RECEIVED_AT, anonymous_id="a"
)


def event(**fields: object) -> Event:
    return msgspec.structs.replace(SEEN, **fields)


@pytest.mark.parametrize(
    ("address", "left"),
    [
        (f"https://x.example/a?{WORD}", "https://x.example/a"),
        (f"https://x.example/a?{WORD}#part", "https://x.example/a#part"),
        (f"https://x.example/a?{WORD}&b=1", "https://x.example/a?b=1"),
        (f"https://x.example/a?b=1&{WORD}", "https://x.example/a?b=1"),
        (f"https://x.example/a?b=1&{WORD}&c=2", "https://x.example/a?b=1&c=2"),
        ("https://x.example/a?to=https%3A%2F%2Fy.example%2F%3Fhld%3Dhelder.a-1.2.m&c=2", None),
        ("https://x.example/held?b=1", "https://x.example/held?b=1"),
    ],
)
def test_an_address_goes_on_without_its_word(address: str, left: str | None) -> None:
    """The rest of the address stays as it was, in whatever place the word stood."""
    said = without_word(address)
    assert "helder." not in said
    assert said == (left or "https://x.example/a?to=https%3A%2F%2Fy.example%2F&c=2")


def test_which_word_it_was_stays_in_the_address_alone() -> None:
    """Enough to know it again, and nothing that opens anything; properties and context lose it whole."""
    said = f'{{"url":"https://x.example/?{WORD}","search":"?{WORD}","title":"a"}}'
    came = event(url=f"https://x.example/?b=1&{WORD}", properties=said, context=f'{{"page":{said}}}')
    kept, forged = without_words([came, came], ["-7k", ""])
    assert (kept.url, forged.url) == ("https://x.example/?b=1&hld=-7k", "https://x.example/?b=1")
    assert msgspec.json.decode(kept.properties) == {"url": "https://x.example/", "search": "", "title": "a"}
    assert msgspec.json.decode(kept.context) == {"page": msgspec.json.decode(kept.properties)}


def test_nothing_in_the_facts_holds_a_word(stores: Stores) -> None:
    """Neither an event, nor one that is nobody's, nor what the door refused."""
    url = f"https://x.example/?{WORD}"
    said = msgspec.json.encode({"url": url}).decode()
    events = [
        event(url=url, properties=said, context=said),
        event(message_id="n", anonymous_id=None, url=url, properties=said, context=said),
    ]
    refused = Rejection(reason="malformed", detail="no type", source="site", at=RECEIVED_AT, body=said)
    stores.inbox.append([Entry(events, [refused])])

    def whose(each: Event) -> Who | None:
        found = identify(each)
        return found and msgspec.structs.replace(found, shown="-7k")

    Receive(stores.inbox, stores.state, stores.facts, whose).run(aware(RECEIVED_AT + timedelta(seconds=1)))
    rows = stores.facts.read(table("every_event")).to_pylist()
    kept = stores.facts.read(table("rejected")).to_pylist()
    assert [row["url"] for row in rows] == ["https://x.example/?hld=-7k"]
    assert len(kept) == 2
    assert "helder.abc" not in str(rows) + str(kept)
