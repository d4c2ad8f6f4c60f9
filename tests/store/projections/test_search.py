"""Finding people as somebody types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.store.facts.schema import SCHEMAS
from helder.store.projections.online import Online
from helder.store.projections.search import distance, folded, words_of

PEOPLE = {
    1: ("Jan", "de", "Vries", "jan.devries@voorbeeld.example", "+31612345678", "customer:erp", "K-10042"),
    2: ("Jana", "", "Vriesinga", "jana@voorbeeld.example", "+31201234567", "customer:erp", "K-20042"),
    3: ("Zoë", "van der", "Heijden", "zoe@bloem.example", "", "loyalty", "990017"),
    4: ("Søren", "", "Kowalski", "soren@bloem.example", "", "customer:shop", "7781"),
    5: ("Maria", "", "Janssen", "", "", "anonymous:site", "a-secret-cookie"),
}


@pytest.fixture
def online(tmp_path: Path) -> Iterator[Online]:
    opened = Online(tmp_path / "online.db")
    for number in PEOPLE:
        put(opened, number)
    opened.index()
    yield opened
    opened.close()


def put(online: Online, number: int, **changed: str) -> None:
    """Write one person as the stage ``project`` does."""
    first, infix, last, email, phone, kind, value = PEOPLE[number]
    name = " ".join(filter(None, (first, infix, last)))
    profile = {"profile_id": number, "first_name": first, "infix": infix, "last_name": last, "display_name": name}
    profile |= {"email": email or None, "phone": phone or None, "batch": 1, **changed}
    identity = {"identity_id": number, "kind": kind, "value": value, "batch": 1}
    stands = {"identity_id": number, "profile_id": number, "batch": 1}
    with online.write() as writer:
        writer.append("identity", rows("identity", identity))
        writer.append("identity_profile", rows("identity_profile", stands))
        writer.append("profile", rows("profile", profile))


def rows(table: str, row: dict[str, object]) -> pa.Table:
    wanted = {name: [value] for name, value in row.items() if name in SCHEMAS[table]}
    return pa.table(wanted)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("jan de vries", [1]),
        ("vries jan", [1, 2]),
        ("Ja Vri", [1, 2]),
        ("zoe heij", [3]),
        ("ZOË VAN DER HEIJDEN", [3]),
        ("zoe van den heijden", [3]),
        ("soren", [4]),
        ("jan.devries@voor", [1]),
        ("06-12 34 56 78", [1]),
        ("+31 6 12345678", [1]),
        ("020 1234567", [2]),
        ("k-10042", [1]),
        ("990017", [3]),
        ("7781", [4]),
        ("jansen", [5]),
        ("kowalksi", [4]),
        ("jnassen", [5]),
        ("a-secret-cookie", []),
        ("nobody at all", []),
        ("x", []),
        ('" OR 1', []),
        ("", []),
    ],
)
def test_people_are_found_as_they_are_typed(online: Online, typed: str, found: list[int]) -> None:
    """Words in any order, or their beginnings, without accents, with other particles, with slips of the finger."""
    assert sorted(online.find(typed)) == found


def test_whole_words_come_first(online: Online) -> None:
    """Who is called just so stands above who is called something longer."""
    assert online.find("jan vries") == [1, 2]


def test_a_change_is_found_and_what_was_is_not(online: Online) -> None:
    """A new name is found after the index is renewed; the old one finds nobody."""
    put(online, 4, last_name="Nowak", display_name="Søren Nowak")
    assert online.index() == 1
    assert online.find("nowak") == [4]
    assert online.find("kowalski") == []
    assert online.index() == 0


def test_a_person_changes_twice_before_the_index_is_renewed(online: Online) -> None:
    """Somebody who waits for the index already may change again, be written again, and go: nothing is refused."""
    put(online, 1, first_name="Johan", batch=2)
    put(online, 1, first_name="Joris", display_name="Joris de Vries", batch=3)
    put(online, 1, first_name="Joris", display_name="Joris de Vries", batch=3)
    online.index()
    assert online.find("joris") == [1]


def test_who_is_gone_is_not_found(online: Online) -> None:
    """Somebody who was merged away, or forgotten, is in the index no more, and no byte of their name in the file."""
    online.forget([3], [3])
    assert online.find("heijden") == []
    online.settle()
    online.close()
    assert b"heijden" not in online.path.read_bytes()


def test_a_file_from_before_the_index_is_indexed(online: Online) -> None:
    """Opening a file whose people were never indexed indexes them all."""
    with online.write() as writer:
        for name in ("search", "search_text", "search_waiting"):
            writer.connection.execute(f"DROP TABLE {name}")
    online.close()
    again = Online(online.path)
    assert again.index() == len(PEOPLE)
    assert again.find("heijden") == [3]
    again.close()


@given(st.text(max_size=60))
def test_whatever_is_typed_is_no_error(text: str) -> None:
    """What is looked for is letters and digits alone, so that no question can be broken by its text."""
    assert all(word.isalnum() for word in words_of(text))
    assert folded(folded(text)) == folded(text)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_counted_as_by_hand(one: str, other: str) -> None:
    """The bounded count agrees with the plain recursion, up to its bound."""
    assert distance(one, other, 2) == min(slips(one, other), 3)


def slips(one: str, other: str) -> int:
    """Optimal string alignment, by its definition."""
    if not one or not other:
        return len(one) + len(other)
    best = min(
        slips(one[:-1], other) + 1,
        slips(one, other[:-1]) + 1,
        slips(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    )
    if len(one) > 1 and len(other) > 1 and one[-1] == other[-2] and one[-2] == other[-1]:
        best = min(best, slips(one[:-2], other[:-2]) + 1)
    return best
