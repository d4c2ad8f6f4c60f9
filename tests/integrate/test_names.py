from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helder.integrate.names import PREFIXES, NameKey, compatible, name_key, words

KEY = b"k" * 32


def key(first: str = "", infix: str = "", last: str = "", full: str = "") -> NameKey:
    return name_key(first, infix, last, full, KEY)


JAN = key("Jan", "de", "Vries")


@pytest.mark.parametrize(
    "other",
    [
        key("Jan", "", "de Vries"),
        key("Jan de", "", "Vries"),
        key("Jan", "", "Vries, de"),
        key("JAN", "DE", "VRIES"),
        key("jan", "De", "vriés"),
        key("J.", "de", "Vries"),
        key("J.P.", "", "Vries"),
        key(full="Jan de Vries"),
        key(full="Vries, Jan de"),
        key(full="Dhr. Jan de Vries"),
        key("", "de", "Vries"),
        key("Jan", "de", "Vriess"),
        key("Jan", "de", "Vreis"),
        key("Jan 🌷", "de", "Vries"),
    ],
)
def test_one_name_in_many_ways(other: NameKey) -> None:
    """Tussenvoegsels in any field, accents, initials and a slip of the finger do not make another person."""
    assert compatible(JAN, other)
    assert compatible(other, JAN)


@pytest.mark.parametrize(
    "other",
    [
        key("Piet", "de", "Vries"),
        key("P.", "de", "Vries"),
        key("Jan", "de", "Boer"),
        key("Tim", "", "Vries"),
        key("Johanna", "de", "Vries"),
    ],
)
def test_other_names_are_other_people(other: NameKey) -> None:
    """Another surname, first name or initial is somebody else."""
    assert not compatible(JAN, other)


def test_short_first_names_have_no_near_ones() -> None:
    """Tim and Tom are brothers, not one boy and a slip of the finger."""
    assert not compatible(key("Tim", "", "Bakker"), key("Tom", "", "Bakker"))
    assert compatible(key("Marieke", "", "Bakker"), key("Marike", "", "Bakker"))


def test_ij_and_y_are_one() -> None:
    """Dijkstra and Dykstra are written for one another."""
    assert compatible(key("An", "", "Dijkstra"), key("An", "", "Dykstra"))


@given(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12), st.text(max_size=20))
def test_any_text_has_a_key_that_fits_itself(first: str, infix: str, last: str, full: str) -> None:
    """No text breaks it, and every name may be its own."""
    made = key(first, infix, last, full)
    assert not made.surname or compatible(made, made)


@given(st.from_regex(r"[a-z]{5,9}", fullmatch=True), st.integers(0, 3), st.integers(1, 3))
@example("abcij", 3, 3)
@example("abijc", 2, 3)
@example("abijc", 0, 2)
@example("aaaij", 0, 1)
def test_any_single_slip_is_near(name: str, kind: int, at: int) -> None:
    """A letter lost, doubled, changed or swapped with its neighbour keeps a surname near."""
    slips = {
        0: name[:at] + name[at + 1 :],
        1: name[:at] + name[at] + name[at:],
        2: name[:at] + "q" + name[at + 1 :],
        3: name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    }
    shortest = min(len(words(text)[0]) for text in (name, slips[kind]))
    if {name, slips[kind]} & PREFIXES or shortest < 4:
        return
    assert compatible(key("Jan", "", name), key("Jan", "", slips[kind]))


def test_nothing_of_a_name_can_be_read_back() -> None:
    """Only hashes are kept, and another installation's differ."""
    assert "vries" not in repr(JAN).lower()
    assert name_key("Jan", "de", "Vries", "", b"x" * 32) != JAN
