from __future__ import annotations

import pytest
from tests.integrate.conftest import KEY, World
from tests.integrate.test_live import erp
from tests.integrate.test_register import HEADER, JAN, PEOPLE

from helder.collect.ledger import decided_cuts, decided_links, decided_since
from helder.collect.sighting import link_rows
from helder.errors import Conflict, InvalidInput, NotFound
from helder.integrate.profile import Profiles
from helder.integrate.resolve import Resolve, read_survival

__all__ = ["erp"]


@pytest.fixture
def people(erp: World) -> World:
    """Jan is in the ERP and in the shop; two people called Kees Bos are in the shop."""
    kees = "2;Kees;Bos;kees@x.nl;;;;2026-06-01 12:00:00\n"
    erp.write(
        "people.csv", HEADER + JAN.replace("de Vries", "Vries") + kees + kees.replace("2;Kees;Bos;k", "3;Kees;Bos;m")
    )
    erp.sync(PEOPLE)
    resolve(erp)
    return erp


def resolve(world: World) -> None:
    """Carry the decisions over as the stage receive does, and resolve."""
    decided = decided_since(world.state, 0, world.facts.watermark("decisions"))
    with world.facts.write() as batch:
        batch.append("link", link_rows(decided_links(decided.decisions)))
        batch.append("cut", decided_cuts(decided.decisions))
        batch.move("decisions", decided.decisions[-1].id if decided.decisions else 0)
    Resolve(world.facts, lambda: read_survival(world.state)).run(world.now)


def profiles(world: World) -> Profiles:
    return Profiles(world.facts, world.state, world.live, KEY)


def test_a_person_is_found_by_address_number_and_name(people: World) -> None:
    """An e-mail address, a telephone number, a customer number, a profile id and a name lead to one profile."""
    found = profiles(people)
    jan = found.find("JAN@x.nl")
    assert {found.find(text) for text in ("06 12345678", "customer:shop 1", str(jan), "Jan Vries", "Vries, Jan")} == {
        jan
    }
    assert found.find("Ann Bakker") == found.find("K2")
    with pytest.raises(NotFound):
        found.find("niemand@x.nl")
    with pytest.raises(Conflict, match="2 people have that name") as refused:
        found.find("Kees Bos")
    said = str(refused.value)
    assert str(found.find("kees@x.nl")) in said
    assert "(Kees Bos, k…@x.nl)" in said
    assert "kees@x.nl" not in said


def test_a_person_is_shown_with_where_every_value_came_from(people: World) -> None:
    """Live values are read now and marked live; copied ones tell source, moment, reason and what lost."""
    view = profiles(people).show(profiles(people).find("jan@x.nl"), people.now)
    values = {value.field: value for value in view.values}
    assert (values["gender"].value, values["gender"].source, values["gender"].live) == ("male", "erp", True)
    assert (values["birth_date"].value, values["birth_date"].source, values["birth_date"].live) == (
        "1980-01-31",
        "shop",
        False,
    )
    assert view.name == "Jan Vries"
    assert {identity.kind for identity in view.identities} == {"customer:erp", "customer:shop", "email", "phone"}
    assert {link.reason for link in view.links} == {"same_record"}
    assert [(item.what.en, item.detail, item.live) for item in view.timeline] == [
        ("Invoice", "EUR 0.50", True),
        ("Invoice", "EUR 10.00", True),
    ]
    assert view.sources == ("erp", "shop")
    assert view.unavailable == ()


def test_a_live_source_that_is_gone_is_named_and_the_rest_is_shown(people: World) -> None:
    """What a missing ERP knows is not shown, and the view says so."""
    (people.folder / "erp.db").unlink()
    view = profiles(people).show(profiles(people).find("jan@x.nl"), people.now)
    assert "gender" not in {value.field for value in view.values}
    assert view.unavailable == ("erp is not there: erp.db is missing.",)


def test_merge_then_split_restores(people: World) -> None:
    """A person's decision joins two people and their golden records; taking it back restores both."""
    found = profiles(people)
    before = people.rows("identity_profile", "identity_id", "profile_id")
    found.merge("kees@x.nl", "mees@x.nl", "one and the same", "anna", people.now)
    resolve(people)
    assert found.find("kees@x.nl") == found.find("mees@x.nl") == found.find("Kees Bos")
    found.split("kees@x.nl", "mees@x.nl", "mistaken", "anna", people.now)
    resolve(people)
    assert people.rows("identity_profile", "identity_id", "profile_id") == before


def test_a_split_parts_what_keys_join_and_a_merge_takes_it_back(people: World) -> None:
    """A cut wins over a shared address, until a person decides otherwise."""
    found = profiles(people)
    before = people.rows("identity_profile", "identity_id", "profile_id")
    found.split("customer:erp K1", "customer:shop 1", "father and son", "anna", people.now)
    resolve(people)
    assert found.find("customer:erp K1") != found.find("customer:shop 1")
    found.merge("customer:erp K1", "customer:shop 1", "no: one man", "anna", people.now)
    resolve(people)
    assert found.find("customer:erp K1") == found.find("customer:shop 1")
    assert [row[0] for row in people.rows("identity_profile", "identity_id")] == [row[0] for row in before]


def test_nobody_is_merged_with_themselves(people: World) -> None:
    """An identity cannot be joined with itself."""
    with pytest.raises(InvalidInput):
        profiles(people).merge("jan@x.nl", "JAN@X.NL", "?", "anna", people.now)
    with pytest.raises(NotFound):
        profiles(people).show(1, people.now)
