from __future__ import annotations

from pathlib import Path

import pytest
from tests.integrate.test_register import ORDERS, PEOPLE

from helder.govern.catalogue import base_catalogue
from helder.integrate.mapping import Column, MappingError, parse_mapping

ROOT = Path(__file__).resolve().parents[2]


def parse(text: str) -> object:
    return parse_mapping(text, base_catalogue(), "shop.toml")


def test_a_mapping_file_is_read() -> None:
    """Keys, identifiers and fields come out as written; a column may stand alone or with how to read it."""
    found = parse_mapping(PEOPLE, base_catalogue(), "shop.toml")
    item = found.object[0]
    assert next(item.kinds()) == ("customer:shop", "no")
    assert item.column("first_name") == Column("first")
    assert item.columns() == {"no", "first", "last", "email", "email_2", "phone", "born", "changed"}


MAPPINGS = [path for path in sorted((ROOT / "examples").rglob("*.toml")) if "[[object]]" in path.read_text()]


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_the_examples_are_mapping_files(path: Path) -> None:
    """Every mapping file that ships as an example is accepted."""
    assert parse_mapping(path.read_text(), base_catalogue(), path.name).object


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "first_name =",
            "frist_name =",
            ["shop.toml", "[[object]] 1 (person)", "frist_name", "did you mean first_name"],
        ),
        ('object = "person"', 'object = "persoon"', ["persoon", "did you mean person"]),
        ("source = ", "sauce = ", ["shop.toml", "sauce"]),
        ('type = "files"', 'type = "sqlite"', ["needs database"]),
        ('path = "people.csv"', "", ["give path (files) or table (databases)"]),
        ('key = "no"', "", ["key"]),
        ('format = "%d-%m-%Y"', 'fromat = "%d"', ["fromat"]),
        ('source = "shop"', 'source = "my shop"', ["letters, digits"]),
        ("[object.identifiers]", "[object.identifiers", ["not valid TOML"]),
    ],
)
def test_errors_name_the_place_and_how_to_mend_it(old: str, new: str, told: list[str]) -> None:
    """What is wrong in a mapping file is told with the file, the table, the key and what would be accepted."""
    with pytest.raises(MappingError) as caught:
        parse(PEOPLE.replace(old, new, 1))
    assert all(part in str(caught.value) for part in told), str(caught.value)


def test_a_field_of_its_own_may_be_mapped() -> None:
    """A field that the file adds with [[field]] is a field of the object."""
    assert parse(ORDERS)
    with pytest.raises(MappingError, match="colour"):
        parse(ORDERS.split("[[field]]")[0])


def test_a_person_needs_an_identifier() -> None:
    """Without a number of its own a person cannot be told from another."""
    text = PEOPLE.replace("[object.identifiers]", "[object.payer]").replace('["email", "email_2"]', '"email"')
    with pytest.raises(MappingError, match="its own number first"):
        parse(text)
