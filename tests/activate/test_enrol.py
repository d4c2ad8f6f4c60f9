"""Who enters a journey, how often, and what a merge does to that."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from tests.activate.company import MJML, Catcher, Company

from helder.activate import enrol
from helder.activate.content.template import Template, TemplateFault
from helder.activate.definitions import save_template, set_status, start_journey
from helder.activate.enrol import Past, next_entry
from helder.activate.tally import tally
from helder.errors import InvalidInput, NotFound
from helder.store.tables.journeys import enrolment

WAIT = [{"type": "wait", "days": 30}]


def entries(company: Company) -> list[tuple[int, int]]:
    with company.state.read() as connection:
        return [tuple(row) for row in connection.execute(select(enrolment.c.identity_id, enrolment.c.entry))]


def test_everybody_in_the_segment_enters_at_the_start(company: Company) -> None:
    """Those who were in it before the journey began take part, those who came and left do not."""
    people = [company.person(f"p{number}@example.nl") for number in range(3)]
    company.enter(*people)
    company.online.apply_members(1, 1, [], [people[0]], company.now)
    company.start(step=WAIT)
    company.run()
    assert sorted(entries(company)) == sorted((each, 1) for each in people[1:])


def test_entering_is_repeated_without_effect(company: Company) -> None:
    """The stage that runs again over the same changes, as after a crash, enrols nobody twice."""
    company.start(step=WAIT)
    company.enter(company.person("noor@example.nl"))
    company.run()
    with company.state.write() as connection:
        connection.exec_driver_sql("UPDATE watermark SET position = 0")
    company.run()
    assert len(entries(company)) == 1


def test_changes_of_other_segments_are_passed_over_without_writing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watermark waits until there is something to write; who comes in after many others enters all the same."""
    company.start(step=WAIT)
    company.run()
    noor = company.person("noor@example.nl")
    monkeypatch.setattr(enrol, "_NOTED", 3)
    seen = []
    for _ in range(3):
        company.online.apply_members(2, 1, [noor], [], company.now)
        company.online.apply_members(2, 1, [], [noor], company.now)
        company.run()
        seen.append(enrol.read_upto(company.state))
    company.enter(noor)
    company.run()
    assert seen == [0, 4, 4]
    assert enrol.read_upto(company.state) == company.online.last_change()
    assert entries(company) == [(noor, 1)]


def test_who_comes_back_takes_part_again_when_the_journey_says_so(company: Company) -> None:
    """Not while under way, not before the days have passed, and then as a second entry."""
    noor = company.person("noor@example.nl")
    company.start(enter={"segment": "some", "again_after_days": 10}, step=[{"type": "wait", "hours": 1}])
    for minutes, expected in ((0, 1), (60, 1), (60 * 24 * 5, 1), (60 * 24 * 10, 2)):
        company.run(minutes=minutes)
        company.online.apply_members(1, 1, [], [noor], company.now)
        company.enter(noor)
        company.run()
        assert len(entries(company)) == expected


@pytest.mark.parametrize(
    ("past", "again", "expected"),
    [
        ([], None, 1),
        ([(1, "ended")], None, None),
        ([(1, "ended")], 5, 2),
        ([(1, "ended")], 20, None),
        ([(1, None)], 5, None),
        ([(1, "ended"), (4, "ended")], 5, 5),
        ([(1, "ended"), (2, None)], 0, None),
    ],
)
def test_the_number_of_the_entry(
    past: list[tuple[int, str | None]], again: int | None, expected: int | None, now: datetime
) -> None:
    """The entries of all identities of a person count as one row of entries."""
    naive = now.replace(tzinfo=None)
    made = [Past(entry, holdout=False, ended_at=naive - timedelta(days=10) if ended else None) for entry, ended in past]
    assert next_entry(made, again, naive) == expected


def test_the_holdout_is_kept_by_a_new_version(company: Company) -> None:
    """A journey that is changed and started again leaves the same people out, and enrols nobody anew."""
    people = [company.person(f"p{number}@example.nl") for number in range(40)]
    company.enter(*people)
    company.start(step=[{"type": "holdout", "percent": 30}, *WAIT])
    company.run()
    first = company.outcomes()
    company.start(step=[{"type": "holdout", "percent": 30}, {"type": "wait", "days": 2}])
    company.run()
    assert company.outcomes() == first
    assert 3 <= Counter(first.values())["holdout", ""] <= 22
    assert tally(company.state, "hello").audience == 40


def test_a_merge_before_the_mail_mails_once(company: Company, catcher: Catcher) -> None:
    """Two people who enter, and turn out to be one before the mail, get one mail."""
    a, b = company.person("a@example.nl"), company.person("b@example.nl")
    company.start(step=[{"type": "wait", "hours": 1}, {"type": "email", "template": "hello", "purpose": "events"}])
    company.enter(a, b)
    company.run()
    company.merge(a, b)
    company.run(minutes=61)
    asyncio.run(company.sender().drain())
    company.run()
    assert len(catcher.mails) == 1
    assert sorted(company.outcomes().values()) == [("sent", ""), ("skipped", "already_mailed")]


def test_a_merge_in_the_outbox_mails_once(company: Company, catcher: Catcher) -> None:
    """Also when both messages were made already: the decision at the moment of sending sees that they are one."""
    a, b = company.person("a@example.nl"), company.person("b@example.nl")
    company.settings = type(company.settings)(
        **{
            name: getattr(company.settings, name)
            for name in company.settings.__struct_fields__
            if name != "mail_pause_days"
        },
        mail_pause_days=0,
    )
    company.start()
    company.enter(a, b)
    company.run()
    company.merge(a, b)
    for _ in range(2):
        asyncio.run(company.sender().drain())
        company.run(minutes=1)
    assert len(catcher.mails) == 1
    assert sorted(company.outcomes().values()) == [("sent", ""), ("skipped", "already_mailed")]


def test_a_merge_after_the_mail_mails_nobody_again(company: Company, catcher: Catcher) -> None:
    """Who enters as another identity after being mailed is recognised as the same person."""
    a, b = company.person("a@example.nl"), company.person("b@example.nl")
    company.start()
    company.enter(a)
    company.run()
    asyncio.run(company.sender().drain())
    company.run()
    company.merge(a, b)
    company.enter(b)
    company.run(minutes=60 * 24 * 30)
    asyncio.run(company.sender().drain())
    assert len(catcher.mails) == 1


def test_a_merge_lets_nobody_out_of_the_holdout(company: Company, catcher: Catcher) -> None:
    """Who is held out as one identity is not mailed as another."""
    people = [company.person(f"p{number}@example.nl") for number in range(30)]
    mail = {"type": "email", "template": "hello", "purpose": "events"}
    company.start(step=[{"type": "holdout", "percent": 50}, {"type": "wait", "hours": 1}, mail])
    company.enter(*people)
    company.run()
    held = [each for each, (outcome, _) in company.outcomes().items() if outcome == "holdout"]
    free = [each for each in people if each not in held]
    company.merge(free[0], held[0])
    company.run(minutes=61)
    asyncio.run(company.sender().drain())
    company.run()
    assert company.outcomes()[free[0]] == ("holdout", "")
    assert len(catcher.mails) == len(free) - 1


def test_who_was_held_out_is_held_out_again(company: Company) -> None:
    """A person who takes part again, as an identity that was never drawn, stays in the holdout of the earlier one."""
    people = [company.person(f"p{number}@example.nl") for number in range(30)]
    company.start(enter={"segment": "some", "again_after_days": 1}, step=[{"type": "holdout", "percent": 50}, *WAIT])
    company.enter(*people)
    company.run()
    held = [each for each, (outcome, _) in company.outcomes().items() if outcome == "holdout"]
    company.online.apply_members(1, 1, [], people, company.now)
    company.run(minutes=60 * 24 * 2)
    fresh = [company.person(f"q{number}@example.nl") for number in range(len(held))]
    for new, old in zip(fresh, held, strict=True):
        company.merge(new, old)
    company.enter(*fresh)
    company.run()
    assert {company.outcomes()[each] for each in fresh} == {("holdout", "")}


def test_one_address_of_two_people_is_mailed_once(company: Company, catcher: Catcher) -> None:
    """A shared mailbox gets one mail at a step, whoever reads it; who has no address of their own is told apart."""
    a = company.person("home@example.nl")
    b = company.identity("customer:shop", "7")
    company.merge(b)
    company.record(b, email="home@example.nl", first_name="Jan")
    c = company.identity("customer:shop", "8")
    company.merge(c)
    company.start()
    company.enter(a, b, c)
    company.run()
    asyncio.run(company.sender().drain())
    company.run()
    assert company.outcomes() == {a: ("sent", ""), b: ("skipped", "shared_address"), c: ("skipped", "no_address")}


def test_the_address_that_said_yes_is_written_to(company: Company, catcher: Catcher) -> None:
    """Of two addresses the one with a permission is taken, also when the golden record prefers the other."""
    a = company.person("old@example.nl", "new@example.nl", agreed=None)
    company.choose(company.identity("email", "new@example.nl"), "yes")
    company.start()
    company.enter(a)
    company.run()
    asyncio.run(company.sender().drain())
    assert [to for to, _ in catcher.mails] == ["new@example.nl"]


def test_a_paused_journey_stands_still(company: Company) -> None:
    """Nobody enters and nobody moves until it goes on."""
    company.start(step=WAIT)
    set_status(company.state, "hello", "paused")
    company.enter(company.person("noor@example.nl"))
    company.run()
    assert entries(company) == []
    set_status(company.state, "hello", "live")
    company.run()
    assert len(entries(company)) == 1


def test_what_is_not_there_cannot_be_started(company: Company) -> None:
    """An unknown journey is named, and one with faults is not even kept."""
    with pytest.raises(NotFound, match="journey 'gone'"):
        start_journey(company.state, "gone", company.now)
    with pytest.raises(NotFound, match="journey 'gone'"):
        set_status(company.state, "gone", "live")
    with pytest.raises(InvalidInput, match="there is no template 'gone'"):
        company.start(step=[{"type": "email", "template": "gone", "purpose": "events"}])


def test_a_template_that_nobody_can_be_mailed_with_is_told_before_the_start(company: Company) -> None:
    """A missing variable is found when the journey is saved, one that is no mail when the template is."""
    needy = Template(key="needy", subject="{{ workshop.title }}", mjml=MJML)
    save_template(company.state, needy, company.now)
    mail = {"type": "email", "template": "needy", "purpose": "events"}
    with pytest.raises(InvalidInput, match=r"needs workshop\.title, not given"):
        company.start(step=[mail])
    assert company.start(step=[{**mail, "values": {"workshop": {"title": "Snoeien"}}}])
    with pytest.raises(TemplateFault, match="no MJML"):
        save_template(company.state, Template(key="bad", subject="s", mjml="<p>hi</p>"), company.now)


def test_the_same_again_is_no_new_version(company: Company) -> None:
    """Saving a template or a journey that did not change keeps the version that there is."""
    again = Template(key="again", subject="s", mjml=MJML)
    first = save_template(company.state, again, company.now)
    assert save_template(company.state, again, company.now) == first
    changed = Template(key="again", subject="t", mjml=MJML)
    assert save_template(company.state, changed, company.now) > first
    assert company.start(step=WAIT) == company.start(step=WAIT)
