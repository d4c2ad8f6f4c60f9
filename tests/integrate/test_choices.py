"""Choices that a source's files hold go to the consent ledger."""

from __future__ import annotations

from tests.integrate.conftest import World

from helder.govern import consent

CONSENT = """
source = "news"
name = {nl = "Nieuwsbrief", en = "Newsletter"}
type = "files"

[[object]]
object = "consent"
path = "choices.csv"
key = ["no", "title", "at"]
[object.identifiers]
"subscriber:news" = "no"
email = "email"
[object.fields]
purpose = {value = "newsletter"}
title = "title"
choice = {column = "status", values = {in = "yes", uit = "no"}}
at = "at"

[[object]]
object = "event"
path = "activity.jsonl"
key = "id"
[object.identifiers]
"subscriber:news" = "subscriber.no"
[object.fields]
name = {column = "what", values = {open = "Email Opened"}}
at = "at"
mailing = "mailing"
"""


def test_choices_go_to_the_ledger_for_person_and_address(world: World) -> None:
    """A choice is recorded under the subscriber and under the address; a second import adds nothing."""
    rows = ("no,email,title,status,at", "1,a@x.nl,tuin,in,2026-01-01", "1,a@x.nl,,uit,2026-02-01", "2,,,?,", "")
    world.write("choices.csv", "\n".join(rows))
    activity = '{"id":1,"subscriber":{"no":1},"what":"open","at":"2026-03-01T10:00:00Z","mailing":"m"}'
    world.write("activity.jsonl", activity + '\n{"bad')
    reports = {report.object: report for report in world.sync(CONSENT).objects}
    assert reports["consent"].fresh == 4
    ids = {value: key for key, value in world.rows("identity", "identity_id", "value")}
    held = consent.latest(world.state, [ids["1"], ids["a@x.nl"]])
    assert sorted((choice.kind, choice.title, choice.choice) for choice in held) == [
        ("email", "", "no"), ("email", "tuin", "yes"),
        ("subscriber:news", "", "no"), ("subscriber:news", "tuin", "yes"),
    ]  # fmt: skip
    assert reports["event"].rejected == 1
    assert world.rows("event_tail", "name", "properties", "identity_id") == [
        ("Email Opened", '{"mailing":"m"}', ids["1"])
    ]
    world.write("choices.csv", (world.folder / "choices.csv").read_text() + "3,b@x.nl,,in,2026-03-01\n")
    assert {report.object: report.fresh for report in world.sync(CONSENT).objects} == {"consent": 2, "event": 0}
