from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helder.integrate.identifiers import Identifiers, normalise, star
from helder.store.keys import identity_id

KEY = b"k" * 32


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (" Jan.de.Vries@Voorbeeld.NL ", "jan.de.vries@voorbeeld.nl"),
        ("Jan de Vries <jan@voorbeeld.nl>", "jan@voorbeeld.nl"),
        ("mailto:jan@voorbeeld.nl", "jan@voorbeeld.nl"),
        ("jan+nieuws@voorbeeld.nl", "jan+nieuws@voorbeeld.nl"),
        ("jan@müller.example", "jan@xn--mller-kva.example"),
        ("jan@voorbeeld.nl.", "jan@voorbeeld.nl"),
        ("geen@onbekend.example", None),
        ("noreply@voorbeeld.nl", None),
        ("jan@", None),
        ("jan@voorbeeld", None),
        ("jan..jansen@voorbeeld.nl", None),
        ("", None),
        ("-", None),
    ],
)
def test_email_addresses_have_one_form(raw: str, wanted: str | None) -> None:
    """Case, spaces and display names do not matter; what is no address, or nobody's, is no identity."""
    assert normalise("email", raw) == wanted


@pytest.mark.parametrize(
    "raw", ["0612345678", "06-12345678", "06 12 34 56 78", "+31612345678", "0031612345678", "+31 (0)6 12345678"]
)
def test_every_way_to_write_a_number_is_one_number(raw: str) -> None:
    """Dutch mobile numbers come out in the international form, however they are written."""
    assert normalise("phone", raw) == "+31612345678"


@pytest.mark.parametrize("raw", ["112", "06", "0000000000", "n.v.t.", "geen", "1234567890123456789"])
def test_what_is_no_number_of_a_person_is_none(raw: str) -> None:
    """Emergency numbers, zeros and words are no identity."""
    assert normalise("phone", raw) is None


@given(st.from_regex(r"0[1-57][0-9]{8}|06[1-5][0-9]{7}", fullmatch=True))
def test_the_short_way_for_dutch_numbers_agrees_with_the_library(raw: str) -> None:
    """Wherever the short way gives a number, libphonenumber gives the same one."""
    parsed = phonenumbers.format_number(phonenumbers.parse(raw, "NL"), phonenumbers.PhoneNumberFormat.E164)
    assert normalise("phone", raw) in {parsed, None}


@given(st.sampled_from(["email", "phone", "customer:erp", "device"]), st.text(max_size=40))
def test_normalising_twice_changes_nothing(kind: str, raw: str) -> None:
    """The normal form of a normal form is itself."""
    once = normalise(kind, raw)
    assert once is None or normalise(kind, once) == once


def test_an_identity_has_the_id_of_its_normal_form() -> None:
    """Two ways to write an address are one identity, with the id of the store's keyed hash."""
    identifiers = Identifiers(KEY)
    one, other = identifiers.identity("email", "A@B.nl"), identifiers.identity("email", " a@b.NL")
    assert one == other
    assert one is not None
    assert one.id == identity_id("email", "a@b.nl", KEY)
    assert identifiers.identity("customer:shop", "A1") != identifiers.identity("customer:erp", "A1")


def test_links_go_from_the_first_identity_to_the_others() -> None:
    """A record's own identity is linked with each of its others, the lesser id first."""
    identifiers = Identifiers(KEY)
    made = [identifiers.identity("customer:shop", "1"), identifiers.identity("email", "a@b.nl")]
    own, other = (identity for identity in made if identity)
    link = star([own, other, own], "same_record", 90, "shop", "1")[0]
    assert (link.a, link.b) == (min(own.id, other.id), max(own.id, other.id))
    assert len(star([own, other, own], "same_record", 90, "shop", "1")) == 1
