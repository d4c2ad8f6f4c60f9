from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.demo.company.identities import Evidence, Union, compatible, email_key, name_parts, phone_key, shared_keys

KEY = ("email", "x@y.example")


def record(number: int, first: str, last: str, *keys: tuple[str, str]) -> Evidence:
    """Return a record as evidence."""
    return Evidence(("customer:erp", f"K{number}"), keys or (KEY,), *name_parts(first, "", last))


@pytest.mark.parametrize("text", ["0612345678", "06-12345678", "+31612345678", "0031612345678", "+31 6 12345678"])
def test_a_phone_number_is_the_same_however_written(text: str) -> None:
    """All ways of writing give one identity."""
    assert phone_key(text) == ("phone", "+31612345678")


@pytest.mark.parametrize("text", ["061234567", "0712345678901", "0032612345678", "0991234567", "0112345678"])
def test_a_number_that_cannot_be_is_no_key(text: str) -> None:
    """What a slip of the finger made impossible identifies nobody."""
    assert phone_key(text) is None


def test_an_address_has_no_case() -> None:
    """Capitals and blanks do not matter in an e-mail address."""
    assert email_key(" Jan@Webmail.Example") == ("email", "jan@webmail.example")


@pytest.mark.parametrize(
    ("first", "infix", "last"),
    [
        ("Jan", "van der", "Berg"), ("Jan van der", "", "Berg"), ("Jan", "", "van der Berg"),
        ("Jan", "Van Der", "Berg"), ("Jan", "", "Berg, van der"), ("JAN", "", "Van der BERG"),
    ],
)  # fmt: skip
def test_a_name_is_the_same_wherever_the_tussenvoegsel_stands(first: str, infix: str, last: str) -> None:
    """The tussenvoegsel tells nobody apart."""
    assert name_parts(first, infix, last) == ("jan", "berg")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("Johan", "Bakker"), ("Johan", "Bakker"), True),
        (("Johan", "Bakker"), ("J.", "Bakker"), True),
        (("Johan", "Bakker"), ("Jonah", "Bakkre"), False),
        (("Johan", "Bakker"), ("Joahn", "Bakker"), True),
        (("Johan", "Bakker"), ("Johann", "Bakker"), True),
        (("Johan", "Bakker"), ("Maria", "Bakker"), False),
        (("Tim", "Bakker"), ("Tom", "Bakker"), False),
        (("Johan", "Bakker"), ("Johan", "Visser"), False),
        (("Johan", "Bakker"), ("", ""), True),
        (("Zoë", "Bakker"), ("Zoe", "Bakker"), True),
        (("Zoë", "Bakker"), ("ZoÃ«", "Bakker"), True),
    ],
)
def test_names_contradict_each_other_or_not(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    """One slip or an initial is no contradiction; another first name or surname is."""
    a, b = record(1, *one), record(2, *other)
    assert compatible(a, b) is compatible(b, a) is same


def test_a_key_of_two_people_or_of_contradicting_names_joins_nobody() -> None:
    """A key is usable only when it is one person's and the names on it agree."""
    jan, jans_other, maria = record(1, "Jan", "Vos"), record(2, "J.", "Vos"), record(3, "Maria", "Vos")
    assert shared_keys([(1, jan), (1, jans_other)]) == set()
    assert shared_keys([(1, jan), (2, maria)]) == {KEY}
    assert shared_keys([(1, jan), (1, maria)]) == {KEY}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=30))
def test_union_is_reachability(edges: list[tuple[int, int]]) -> None:
    """Two identities stand in one set exactly when a path of links leads from one to the other."""
    union = Union()
    for a, b in edges:
        union.join(("n", str(a)), ("n", str(b)))
    reach = {n: {n} for n in range(13)}
    for _ in range(13):
        for a, b in edges:
            both = reach[a] | reach[b]
            for each in both:
                reach[each] = reach[each] | both
    for a, b in combinations(range(13), 2):
        assert (union.find(("n", str(a))) == union.find(("n", str(b)))) is (b in reach[a])
