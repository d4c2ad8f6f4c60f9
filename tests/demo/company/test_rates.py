from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from helder.demo.company import Company, generate, mess, rates
from helder.demo.company.identities import phone_key
from helder.demo.company.people import STREETS, People, draw
from helder.demo.company.plan import plan
from helder.demo.company.records import Record, Register, register

SIZE = 8000


@pytest.fixture(scope="module")
def people() -> People:
    """Eight thousand people."""
    return draw(np.random.default_rng(3), 0, SIZE)


@pytest.fixture(scope="module")
def listed(people: People) -> Register:
    """Their records in the three sources with customers, without a campaign."""
    return register(np.random.default_rng(4), people, {})


def near(measured: float, rate: float) -> bool:
    """Tell whether a measured share is within a quarter of its rate."""
    return 0.75 * rate < measured < 1.25 * rate


def test_people_have_more_than_one_address_as_often_as_documented(people: People) -> None:
    """Eight in a hundred have two or three addresses, and no two people have the same one."""
    assert near(sum(len(each) > 1 for each in people.emails) / SIZE, rates.MORE_ADDRESSES)
    everything = [email for each in people.emails for email in each]
    assert len(everything) == len(set(everything))
    assert all(each.isascii() for each in everything)


def test_phone_numbers_are_peoples_own(people: People) -> None:
    """Mobile numbers are unique; land lines are shared by one household only."""
    assert len(set(people.mobile)) == SIZE
    homes = defaultdict(set)
    for line, home in zip(people.line, people.household, strict=True):
        if line:
            homes[line].add(home)
    assert homes
    assert all(len(each) == 1 for each in homes.values())


def test_housemates_share_address_and_differ_in_first_name(people: People) -> None:
    """Members of a household live together, and most bear one surname."""
    homes = defaultdict(list)
    for who, home in enumerate(people.household):
        homes[home].append(who)
    several = [each for each in homes.values() if len(each) > 1]
    assert all(len({people.first[who] for who in each}) == len(each) for each in several)
    assert all(len({(people.street[who], people.postcode[who]) for who in each}) == 1 for each in several)
    same = sum(people.surname[each[0]] == people.surname[each[1]] for each in several) / len(several)
    assert same > 0.75


def test_each_source_has_its_share_of_people_and_of_duplicates(listed: Register) -> None:
    """Membership and duplicates are as documented in every source."""
    for source, share in (("erp", rates.ERP), ("shop", rates.SHOP), ("newsletter", rates.NEWSLETTER)):
        count = Counter(row.person for row in listed.rows[source])
        assert near(len(count) / SIZE, share)
        assert near(sum(n > 1 for n in count.values()) / len(count), rates.DUPLICATE)


def test_three_records_in_a_hundred_hold_a_typing_error(people: People, listed: Register) -> None:
    """Records differ from the truth in one field about as often as documented."""
    firsts = [row for source in listed.of.values() for row in source.values()]
    assert near(sum(_mistyped(people, row) for row in firsts) / len(firsts), rates.TYPO)


def _mistyped(people: People, row: Record) -> bool:
    """Tell whether an address or name is not what it should be, tussenvoegsel apart."""
    who = row.person
    own = {*people.emails[who], people.family_email[who], people.office_email[who], "", "geen@onbekend.example"}
    name = people.infix[who] == "" and (row.last != people.surname[who] or row.first.split(" ")[0] != people.first[who])
    number = phone_key(row.phone) if row.phone else phone_key(people.mobile[who])
    numbers = {phone_key(people.mobile[who]), phone_key(people.line[who])}
    return (
        row.email not in own
        or name
        or row.city != people.city[who]
        or row.street not in STREETS
        or number not in numbers
    )


def test_tussenvoegsels_stray_into_other_fields(people: People, listed: Register) -> None:
    """About one in seven names with a tussenvoegsel has it elsewhere or written otherwise."""
    having = [row for source in listed.of.values() for row in source.values() if people.infix[row.person]]
    assert near(sum(row.infix != people.infix[row.person] for row in having) / len(having), rates.INFIX_ASTRAY)


def test_one_person_in_sixteen_starts_a_registration(people: People) -> None:
    """The starters are as many as documented, in all states, and about a third are planned to be right."""
    starters = plan(np.random.default_rng(5), people)
    states = Counter(each.state for each in starters.values())
    assert len(starters) == round(SIZE * rates.STARTERS)
    assert len(states) == 10
    assert min(states.values()) > 5
    assert 0.3 < states["right"] / len(starters) < 0.4


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What a company of 3,000 people measured of itself."""
    made = generate(tmp_path_factory.mktemp("rates"), 3000, 21, datetime(2026, 11, 24, tzinfo=UTC))
    return msgspec.json.decode((made.truth / "measured.json").read_bytes(), type=dict[str, int])


def test_many_true_pairs_share_no_usable_key(measured: dict[str, int]) -> None:
    """At least one in twenty pairs of records of one person waits for probabilistic matching."""
    for name in ("record", "identity"):
        assert 0.5 < measured[f"{name}_pairs_connected"] / measured[f"{name}_pairs"] < 0.95


def test_starters_end_in_every_way(measured: dict[str, int]) -> None:
    """People belong, do not belong for each of the reasons, or cannot be told; those who belong are a third."""
    reasons = ("finished", "ordered", "objected", "complaint", "mailed", "no_permission", "not_yet_due")
    assert all(measured[f"out:{reason}"] for reason in reasons)
    assert measured["apart:unlinkable"]
    assert 0.25 < measured["in"] / measured["starters"] < 0.42
    assert measured["in"] + measured["out"] + measured["apart"] == measured["starters"]


def test_no_start_is_near_a_moment_where_the_answer_flips(company: Company) -> None:
    """While a demo runs, nobody becomes due and nobody falls out of the fortnight."""
    with (company.truth / "starters.csv").open(encoding="utf-8", newline="") as file:
        ago = [
            (company.as_of - datetime.fromisoformat(row["started_at"])).total_seconds() / 3600
            for row in csv.DictReader(file)
        ]
    assert all(0.1 < hours < 22.5 or 25.9 < hours < 13.6 * 24 for hours in ago)


def test_a_typing_error_changes_what_was_written() -> None:
    """No slip of the finger leaves the text as it was, and two letters are too short for one."""
    chance = random.Random(1)
    assert all(
        mess.typo(chance, text) != text for text in ("Jan", "aan", "Molenweg", "jan@x.example") for _ in range(200)
    )
    assert mess.typo(chance, "Jo") == "Jo"
