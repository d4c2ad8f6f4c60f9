"""The decision to mail: a table of cases, and laws that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.activate.permission import Ask, Choice, Known, Permitted, Reason, Skipped, agreed_to, decide

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ME, OTHER, CUSTOMER = 1, 2, 3  # the address, another address, a customer number
ASK = Ask(purpose="events", pause=timedelta(days=7), now=NOW)
SOFT = msgspec.structs.replace(ASK, soft_opt_in=True)


def said(identity: int, agreed: bool, *, days: float = 10, title: str = "", purpose: str = "events") -> Choice:
    return Choice(identity, purpose, title, agreed, NOW.replace(tzinfo=None) - timedelta(days=days))


def known(*choices: Choice, **fields: Any) -> Known:
    return Known(**{"address": ME, "others": frozenset({OTHER}), "choices": choices, **fields})


def answer(fact: Known, ask: Ask = ASK) -> str:
    got = decide(fact, ask)
    return got.reason if isinstance(got, Skipped) else got.basis


YES, NO = said(ME, True), said(ME, False)
TABLE: list[tuple[str, Known, Ask, str]] = [
    ("a yes is enough", known(YES), ASK, "consent"),
    ("nothing said is no yes", known(), ASK, "no_permission"),
    ("a no is a no", known(NO), ASK, "opted_out"),
    ("the later one counts: no", known(said(ME, True, days=9), said(ME, False, days=8)), ASK, "opted_out"),
    ("the later one counts: yes", known(said(ME, False, days=9), said(ME, True, days=8)), ASK, "consent"),
    ("at the same moment no counts", known(said(ME, True), said(ME, False)), ASK, "opted_out"),
    ("a no by another address counts", known(YES, said(OTHER, False, days=99)), ASK, "opted_out"),
    ("a no by customer number counts", known(YES, said(CUSTOMER, False, days=99)), ASK, "opted_out"),
    ("a yes by another address does not", known(said(OTHER, True)), ASK, "no_permission"),
    ("a yes by customer number does", known(said(CUSTOMER, True)), ASK, "consent"),
    ("a no for another purpose does not matter", known(YES, said(ME, False, purpose="offers")), ASK, "consent"),
    ("a yes for another purpose does not help", known(said(ME, True, purpose="offers")), ASK, "no_permission"),
    ("a yes for one title is none for all", known(said(ME, True, title="tuin")), ASK, "no_permission"),
    (
        "a yes for one title is one for that title",
        known(said(ME, True, title="tuin")),
        msgspec.structs.replace(ASK, title="tuin"),
        "consent",
    ),
    (
        "a later no for all titles ends the yes for one",
        known(said(ME, True, title="tuin", days=9), said(ME, False, days=8)),
        msgspec.structs.replace(ASK, title="tuin"),
        "opted_out",
    ),
    (
        "a no for another title does not matter",
        known(YES, said(ME, False, title="pad", days=1)),
        msgspec.structs.replace(ASK, title="tuin"),
        "consent",
    ),
    ("a yes of the future is none yet", known(said(ME, True, days=-1)), ASK, "no_permission"),
    ("a no of the future counts", known(YES, said(ME, False, days=-1)), ASK, "opted_out"),
    ("a yes of 2200 does not undo a no", known(said(ME, True, days=-63_000), NO), ASK, "opted_out"),
    ("a customer may be mailed where the law allows", known(customer=True), SOFT, "existing_customer"),
    ("a customer may not for other purposes", known(customer=True), ASK, "no_permission"),
    ("who is no customer may not", known(), SOFT, "no_permission"),
    ("a customer who said no may not", known(NO, customer=True), SOFT, "opted_out"),
    ("a customer who said yes elsewhere only may not", known(said(OTHER, True), customer=True), SOFT, "no_permission"),
    ("no address", known(YES, address=None), ASK, "no_address"),
    ("an address of several people", known(YES, own=False), ASK, "shared_address"),
    ("a hard bounce of this address", known(YES, suppressed=frozenset({(ME, "hard_bounce")})), ASK, "suppressed"),
    ("a hard bounce of another", known(YES, suppressed=frozenset({(OTHER, "hard_bounce")})), ASK, "consent"),
    ("a complaint by any identity", known(YES, suppressed=frozenset({(OTHER, "complaint")})), ASK, "suppressed"),
    ("asked by any identity", known(YES, suppressed=frozenset({(CUSTOMER, "asked")})), ASK, "suppressed"),
    ("erased", known(YES, suppressed=frozenset({(OTHER, "erased")})), ASK, "erased"),
    ("erased, without an address", known(address=None, suppressed=frozenset({(ME, "erased")})), ASK, "erased"),
    ("held out by another identity", known(YES, holdout=True), ASK, "holdout"),
    ("this step mailed the person before", known(YES, repeated=True), ASK, "already_mailed"),
    ("an open complaint", known(YES, complaint=True), ASK, "open_complaint"),
    (
        "mailed a second less than a week ago",
        known(YES, mailed_at=NOW - timedelta(days=7, seconds=-1)),
        ASK,
        "pressure",
    ),
    ("mailed a week ago", known(YES, mailed_at=NOW - timedelta(days=7)), ASK, "consent"),
    ("mailed in the future (a clock went back)", known(YES, mailed_at=NOW + timedelta(hours=1)), ASK, "pressure"),
]


@pytest.mark.parametrize(("fact", "ask", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_decision_table(fact: Known, ask: Ask, expected: str) -> None:
    """Each case is decided as the table says."""
    assert answer(fact, ask) == expected


def test_the_table_has_every_reason() -> None:
    """Each reason that a decision can give is reached by a case; the one left is given by journeys."""
    assert {row[3] for row in TABLE} - {"consent", "existing_customer"} == set(get_args(Reason)) - {"no_message"}


CHOICES = st.lists(
    st.builds(
        said,
        st.sampled_from([ME, OTHER, CUSTOMER]),
        st.booleans(),
        days=st.sampled_from([1, 2, 3]),
        title=st.sampled_from(["", "tuin"]),
        purpose=st.sampled_from(["events", "offers"]),
    ),
    max_size=5,
)
FACTS = st.builds(
    known,
    address=st.sampled_from([ME, None]),
    own=st.booleans(),
    suppressed=st.frozensets(
        st.tuples(st.sampled_from([ME, OTHER]), st.sampled_from(["hard_bounce", "asked", "erased"]))
    ),
    customer=st.booleans(),
    complaint=st.booleans(),
    holdout=st.booleans(),
    repeated=st.booleans(),
    mailed_at=st.sampled_from([None, NOW - timedelta(days=1), NOW - timedelta(days=30)]),
)
ASKS = st.builds(
    Ask,
    purpose=st.just("events"),
    title=st.sampled_from(["", "tuin"]),
    pause=st.sampled_from([timedelta(0), timedelta(days=7)]),
    soft_opt_in=st.booleans(),
    now=st.just(NOW),
)


@given(fact=FACTS, choices=CHOICES, ask=ASKS)
def test_one_more_no_never_opens_a_door(fact: Known, choices: list[Choice], ask: Ask) -> None:
    """Adding a refusal, by whichever identity, never turns a skip into a mail; as the latest word it always ends it."""
    before = msgspec.structs.replace(fact, choices=tuple(choices))
    for identity in (ME, OTHER, CUSTOMER):
        after = msgspec.structs.replace(before, choices=(*before.choices, said(identity, False, days=0)))
        assert isinstance(decide(after, ask), Skipped)


@given(fact=FACTS, choices=CHOICES, ask=ASKS)
def test_the_order_of_the_ledger_does_not_matter(fact: Known, choices: list[Choice], ask: Ask) -> None:
    """Choices come from several stores; the decision depends on what they say and when, not on how they are read."""
    answers = {
        repr(decide(msgspec.structs.replace(fact, choices=order), ask)) for order in list(permutations(choices))[:24]
    }
    assert len(answers) == 1


@given(fact=FACTS, choices=CHOICES, ask=ASKS)
def test_nobody_is_mailed_without_a_basis(fact: Known, choices: list[Choice], ask: Ask) -> None:
    """A permission for consent has a yes that is the latest word; one for customers has no word at all."""
    whole = msgspec.structs.replace(fact, choices=tuple(choices))
    got = decide(whole, ask)
    if not isinstance(got, Permitted):
        return
    about = [each for each in choices if each.purpose == ask.purpose and each.title in {"", ask.title}]
    if got.basis == "existing_customer":
        assert (about, whole.customer, ask.soft_opt_in) == ([], True, True)
    else:
        assert agreed_to(choices, ask.purpose, ask.title, NOW) == {each.identity_id for each in about}
    assert whole.address == ME
    assert whole.own
    assert {whole.complaint, whole.holdout, whole.repeated} == {False}


@given(fact=FACTS, choices=CHOICES, ask=ASKS, change=st.sampled_from(["complaint", "holdout", "repeated"]))
def test_one_more_reason_never_helps(fact: Known, choices: list[Choice], ask: Ask, change: str) -> None:
    """Whatever else is known, a complaint, a holdout or an earlier mail only ever closes the door."""
    closed = msgspec.structs.replace(fact, choices=tuple(choices), **{change: True})
    assert isinstance(decide(closed, ask), Skipped)
