from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from helder.demo.catcher import Caught
from helder.demo.company import Company
from helder.demo.company.identities import Union
from helder.demo.company.known import Choice
from helder.demo.score.emitted import Emitted, read
from helder.demo.score.permission import Permissions
from helder.demo.score.score import Export, audience_score, score, sent_twice, verdicts, wrong_sends

ANN, ANN_2, BOB = ("email", "ann@x.example"), ("email", "ann@y.example"), ("email", "bob@x.example")
SHOP, ERP = ("customer:shop", "W1"), ("customer:erp", "K1")


def choice(identity: tuple[str, str], what: str, at: int, purpose: str = "events") -> Choice:
    """Return a choice of an address or number."""
    return Choice(identity, identity[1] if identity[0] == "email" else "", purpose, "", what, at)


def emitted(*choices: Choice, customers: tuple[tuple[str, str], ...] = ()) -> Emitted:
    """Ann has two linked addresses, a shop account and an ERP number; Bob has an address."""
    links = Union()
    for each in (ANN_2, SHOP, ERP):
        links.join(ANN, each)
    owner = {ANN: 1, ANN_2: 1, SHOP: 1, ERP: 1, BOB: 2}
    return Emitted(owner=owner, links=links, choices=list(choices), customers=set(customers))


@pytest.mark.parametrize(
    ("facts", "may"),
    [
        (emitted(), False),
        (emitted(choice(ANN, "yes", 1)), True),
        (emitted(choice(ANN, "yes", 1), choice(ANN, "no", 2)), False),
        (emitted(choice(ANN, "no", 1), choice(ANN, "yes", 2)), True),
        (emitted(choice(ANN, "no", 1), choice(ANN, "yes", 1)), False),
        (emitted(choice(ANN, "yes", 2), choice(ANN_2, "no", 1)), False),
        (emitted(choice(ANN_2, "yes", 1)), True),
        (emitted(choice(ERP, "no", 1), choice(ANN, "yes", 2)), False),
        (emitted(choice(ANN, "yes", 1, "offers")), False),
        (emitted(customers=(SHOP,)), True),
        (emitted(choice(ANN, "no", 1, "offers"), customers=(SHOP,)), False),
        (emitted(choice(ANN, "yes", 1, "offers"), customers=(ERP,)), True),
        (emitted(choice(BOB, "yes", 1), customers=(("customer:shop", "W2"),)), False),
    ],
)
def test_permission_is_decided_by_the_written_rule(facts: Emitted, may: bool) -> None:
    """The latest choice an address, the strictest over linked addresses, else having bought without any objection."""
    assert Permissions(facts).allowed("Ann@X.example", "events") is may


def test_a_yes_counts_that_only_a_better_matcher_would_find() -> None:
    """What truly belongs to the person allows, also unlinked; an unlinked no could not be known and forbids nothing."""
    facts = emitted(choice(("email", "ann@z.example"), "yes", 1))
    facts.owner[("email", "ann@z.example")] = 1
    assert Permissions(facts).allowed(ANN[1], "events")
    facts.choices[0].choice = "no"
    facts.choices.append(choice(ANN, "yes", 1))
    assert Permissions(facts).allowed(ANN[1], "events")


def mail(recipient: str) -> Caught:
    """Return a caught mail."""
    return Caught(1, "w@lentehof.example", recipient, "1.eml")


def test_wrong_sends_and_doubles_are_counted_by_person() -> None:
    """Mail to a linked address of someone who said no is wrong; a second mail to one person is a double."""
    facts = emitted(choice(ANN_2, "no", 1), choice(BOB, "yes", 1))
    mails = [mail(ANN[1]), mail(ANN_2[1].upper()), mail(BOB[1]), mail("stranger@x.example")]
    assert wrong_sends(facts, mails, "events") == 3
    assert sent_twice(facts, mails) == 1
    assert sent_twice(facts, [mail("info@x.example")] * 3) == 2


def test_those_who_cannot_be_told_count_in_neither_measure() -> None:
    """Of three members one is right, one is wrong, one cannot be told; one right person is missed."""
    truth = {("a", str(n)): verdict for n, verdict in enumerate(("in", "out", "apart", "in"))}
    found = Export({("a", str(n)): f"p{n}" for n in range(4)}, {"p0", "p1", "p2"})
    result = audience_score(truth, found)
    assert (result.precision, result.recall) == (0.5, 0.5)
    assert (result.right, result.wrong, result.missed, result.apart) == (1, 1, 1, 1)


def test_a_member_without_any_start_is_wrong() -> None:
    """Someone who never started does not belong, whatever profile they are."""
    assert audience_score({}, Export({("a", "1"): "p"}, {"p"})).wrong == 1


def test_nobody_found_is_no_recall() -> None:
    """An empty segment is precise and useless."""
    result = audience_score({("a", "1"): "in"}, Export({}, set()))
    assert (result.precision, result.recall) == (1.0, 0.0)


def perfect(company: Company, path: Path, keep: Callable[[int], bool] = lambda n: True) -> Path:
    """Write the export that a perfect Helder would, in which it kept those groups that ``keep`` says."""
    groups = read(company).component()
    members = {groups[each] for each, verdict in verdicts(company).items() if verdict == "in"}
    numbers: dict[tuple[str, str], int] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(("profile_id", "kind", "value", "segments"))
        for n, (identity, group) in enumerate(groups.items()):
            number = numbers.setdefault(group, len(numbers))
            profile = str(number) if keep(number) else f"alone-{n}"
            out.writerow((profile, *identity, "lezers|audience" if group in members else ""))
    return path


def test_a_perfect_export_scores_one(company: Company, tmp_path: Path) -> None:
    """What the usable keys connect, and nothing else, is precision and recall 1; the rest shows in recall_all."""
    result = score(company, perfect(company, tmp_path / "export.csv"), "audience")
    assert (result.identity.precision, result.identity.recall, result.identity.f1) == (1.0, 1.0, 1.0)
    assert (result.audience.precision, result.audience.recall) == (1.0, 1.0)
    assert result.identity.recall_all < 0.95
    assert result.audience.right == company.right
    assert (result.sent, result.wrong_sends, result.sent_twice, result.clicked) == (0, 0, 0, 0)


def test_the_scorer_connects_what_the_generator_connected(company: Company, tmp_path: Path) -> None:
    """Read back from the files, the usable keys connect the very pairs that were counted when they were written."""
    result = score(company, perfect(company, tmp_path / "export.csv"), "audience")
    counts = msgspec.json.decode((company.truth / "measured.json").read_bytes(), type=dict[str, int])
    assert result.identity.pairs_connected == counts["identity_pairs_connected"]
    assert result.identity.pairs_true == counts["identity_pairs"]


def test_a_lazy_export_loses_recall_only(company: Company, tmp_path: Path) -> None:
    """When one group in two is left in pieces, nothing is joined wrongly."""
    result = score(company, perfect(company, tmp_path / "export.csv", lambda n: n % 2 == 0), "audience")
    assert result.identity.precision == 1.0
    assert 0.3 < result.identity.recall < 0.7


def test_the_truth_allows_mail_to_all_who_belong(company: Company) -> None:
    """For everyone in the audience, every linked address may be mailed by what the files say; for who objected none."""
    permissions = Permissions(read(company))
    with (company.truth / "starters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    belong = [email for row in rows if row["verdict"] == "in" for email in row["emails"].split("|")]
    objected = [
        email for row in rows if row["reason"] in {"objected", "no_permission"} for email in row["emails"].split("|")
    ]
    assert belong
    assert all(permissions.allowed(each, "events") for each in belong)
    assert objected
    assert not any(permissions.allowed(each, "events") for each in objected if each)


def test_what_happens_after_the_mails_changes_no_verdict(small: Company) -> None:
    """A place booked after the mail, by a new customer with a known address, neither joins nor permits anything."""
    before = read(small)
    sql = (
        "INSERT INTO customers (customer_no, last_name, email, updated_at) VALUES ('K9', '', ?, '2026-11-25')",
        "INSERT INTO workshop_orders SELECT NULL, customer_no, 'W', 'autumn', 1, 1, 'confirmed', ? FROM customers",
    )
    email = next(value for kind, value in before.owner if kind == "email")
    with closing(sqlite3.connect(small.erp)) as erp, erp:
        erp.execute(sql[0], (email,))
        erp.execute(sql[1], ("2026-11-25T00:00:00Z",))
    after = read(small)
    assert after.component() == before.component()
    assert after.customers == before.customers
