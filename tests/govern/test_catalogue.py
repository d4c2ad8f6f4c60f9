from __future__ import annotations

import tomllib

import msgspec

from helder.activate.people import UNPAID
from helder.govern.catalogue import EventEntry, Field, Phrase, Words, base_catalogue
from helder.govern.entries import read_catalogue, save_entries
from helder.intelligence.segments.words.dutch_nouns import CHANNELS
from helder.store.facts.schema import PERSON_FIELDS, SCHEMAS
from helder.store.state import State

SIZE = Field(key="shoe_size", type="number", label=Words(nl="Schoenmaat", en="Shoe size"))
DANCED = EventEntry(
    name="Danced", label=Words(nl="Gedanst", en="Danced"), phrase=Phrase(nl=("dansten", ""), en=("danced", ""))
)


def test_every_object_is_there_in_both_languages() -> None:
    """The catalogue has the objects that sources map to, each with a label and a phrase in Dutch and English."""
    objects = base_catalogue().objects
    wanted = {"person", "order", "order_line", "return", "subscription", "invoice", "workshop_order", "ticket"}
    assert wanted | {"consent", "event"} == set(objects)
    said = [text for item in objects.values() for text in (item.label.nl, item.label.en, item.phrase.nl[0])]
    assert all(said)


def test_every_event_can_be_said() -> None:
    """Each event of the catalogue has a phrase of two parts in both languages."""
    for event in base_catalogue().events.values():
        assert event.phrase is not None
        assert event.phrase.nl[0]
        assert event.phrase.en[0]


def test_tables_of_objects_are_tables_of_facts() -> None:
    """An object with a table names one that the facts have; one without is found in live sources only."""
    tables = {item.table for item in base_catalogue().objects.values()}
    assert tables - {""} <= set(SCHEMAS)
    assert base_catalogue().objects["workshop_order"].table == ""


def test_every_field_of_the_golden_record_has_a_rule() -> None:
    """The catalogue knows every field of the golden record, and names and addresses stay together."""
    fields = base_catalogue().objects["person"].fields
    assert set(PERSON_FIELDS) <= set(fields)
    assert {fields[key].together for key in ("street", "house_number", "postcode", "city")} == {"address"}
    assert {fields[key].together for key in ("first_name", "infix", "last_name")} == {"name"}


def test_what_a_mapping_file_adds_is_read_back(state: State) -> None:
    """Fields and events of a source are in the catalogue after they were saved, and gone when the source drops them."""
    save_entries(state, "shop", {"person": [SIZE]}, [DANCED])
    catalogue = read_catalogue(state)
    assert catalogue.objects["person"].fields["shoe_size"].type == "number"
    assert catalogue.events["Danced"].phrase == DANCED.phrase
    save_entries(state, "shop", {}, [])
    assert "shoe_size" not in read_catalogue(state).objects["person"].fields


def test_what_ships_is_never_changed_by_a_source() -> None:
    """A field or event with the name of one that ships does not take its place."""
    email = Field(key="email", type="number", label=Words(nl="x", en="x"))
    signed_in = EventEntry(name="Signed In", label=Words(nl="x", en="x"))
    extended = base_catalogue().extended({"person": [email]}, [signed_in])
    assert extended.objects["person"].fields["email"].type == "text"
    assert extended.events["Signed In"] == base_catalogue().events["Signed In"]


COMPANYS_OWN = {
    "order_line.category",
    "order_line.title",
    "subscription.title",
    "return.reason",
    "workshop_order.workshop",
    "workshop_order.season",
    "consent.purpose",
    "consent.title",
    "event.name",
    "event.mailing",
    "event.title",
}
"""Choices whose values each company makes itself; purposes, events and the like have labels where they are made."""


def test_every_closed_value_has_its_words_in_both_languages() -> None:
    """A choice has either values of the company's own, or a closed list, each with a label in Dutch and in English."""
    for key, thing in base_catalogue().objects.items():
        for field in thing.field:
            closed = field.type == "choice" and f"{key}.{field.key}" not in COMPANYS_OWN
            assert bool(field.values) == closed, f"{key}.{field.key}"
            assert all(value.key and value.label.nl and value.label.en for value in field.values)
            assert len({value.key for value in field.values}) == len(field.values)


def test_values_that_helder_itself_writes_or_asks_for_have_words() -> None:
    """What permission and complaints are decided by, and what the ledger holds, is in the catalogue."""
    objects = base_catalogue().objects
    known = {
        f"{key}.{field.key}": {each.key for each in field.values}
        for key, thing in objects.items()
        for field in thing.field
    }
    said = known["order.status"] | known["order.kind"] | known["invoice.status"] | known["subscription.kind"]
    assert said >= UNPAID
    assert known["ticket.kind"] >= {"complaint"}
    assert known["ticket.status"] >= {"closed"}
    assert known["consent.channel"] >= set(CHANNELS)
    assert known["consent.choice"] == {"yes", "no"}


def test_a_mapping_file_gives_its_own_choice_words() -> None:
    """A closed choice that a source adds is read with its values, and said by them."""
    text = """
        key = "size"
        type = "choice"
        label = { nl = "Maat", en = "Size" }
        values = [{ key = "s", label = { nl = "klein", en = "small" } }]
    """
    field = msgspec.convert(tomllib.loads(text), Field)
    assert field.said("s") == Words(nl="klein", en="small")
    assert field.said("xxl") is None
