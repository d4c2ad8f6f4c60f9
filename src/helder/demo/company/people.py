"""Who really exists: the people of one chunk, their households, and the keys that are theirs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from helder.demo.company import rates
from helder.demo.company.extracts import DECADES, family_names, first_names, places
from helder.demo.company.identities import alike

MAIL_HOSTS = ("webmail.example", "thuispost.example", "zonmail.example", "deltamail.example", "kabel.example")
STREETS = (
    "Dorpsstraat", "Kerkstraat", "Molenweg", "Julianalaan", "Beatrixstraat", "Schoolstraat", "Parallelweg",
    "Stationsweg", "Eikenlaan", "Lindelaan", "Prins Hendrikkade", "Van Goghstraat", "Rembrandtlaan", "Zandpad",
    "Oude Gracht", "Nieuwstraat", "Hoofdstraat", "Meidoornlaan", "Burgemeester Jansenlaan", "Ruysdaelkade",
)  # fmt: skip
AREA_CODES = ("010", "020", "030", "040", "050", "070")


@dataclass(slots=True)
class People:
    """The people of one chunk; every list has an entry per person, in order of person number.

    ``base`` is the number of the first. Phone numbers are in national form without punctuation; ``line`` and
    ``family_email`` and ``office_email`` are empty where there is none.
    """

    base: int
    gender: list[str]
    birth: list[str]
    first: list[str]
    infix: list[str]
    surname: list[str]
    household: list[int]
    street: list[str]
    house_number: list[int]
    postcode: list[str]
    city: list[str]
    emails: list[list[str]]
    mobile: list[str]
    line: list[str]
    family_email: list[str]
    office_email: list[str]

    def __len__(self) -> int:
        """Return how many people these are."""
        return len(self.first)


def draw(rng: np.random.Generator, base: int, size: int) -> People:
    """Draw ``size`` people, the first of whom has number ``base``."""
    household = _households(rng, size)
    gender, birth, first = _given_names(rng, size)
    infix, surname = _surnames(rng, household)
    _tell_housemates_apart(first, household)
    street, number, postcode, city = _addresses(rng, household)
    return People(
        base=base, gender=gender, birth=birth, first=first, infix=infix, surname=surname, household=household.tolist(),
        street=street, house_number=number, postcode=postcode, city=city,
        emails=_emails(rng, base, first, infix, surname),
        mobile=[_mobile(base + each) for each in range(size)],
        line=_lines(rng, base, household), family_email=_family_emails(rng, base, household, surname),
        office_email=_office_emails(rng, base, size),
    )  # fmt: skip


def plain(text: str) -> str:
    """Return the letters of ``text`` without accents or case, as mail addresses use them."""
    flat = unicodedata.normalize("NFKD", text.replace("ı", "i").replace("ø", "o").replace("ł", "l"))
    return "".join(each for each in flat.lower() if "a" <= each <= "z")


def _households(rng: np.random.Generator, size: int) -> np.ndarray:
    """Return the household (0, 1, …) of each person; housemates stand next to each other."""
    kind = rng.random(size)
    members = np.where(kind < rates.ALONE, 1, np.where(kind < rates.ALONE + rates.PAIR, 2, rng.integers(3, 5, size)))
    return np.repeat(np.arange(size), members)[:size]


def _given_names(rng: np.random.Generator, size: int) -> tuple[list[str], list[str], list[str]]:
    """Return sex, date of birth and first name, as common as they were in the decade of birth."""
    female = rng.random(size) < 0.58
    decade = rng.choice(len(DECADES), size, p=[0.03, 0.11, 0.17, 0.2, 0.18, 0.15, 0.1, 0.06])
    day = rng.integers(0, 3652, size)
    name = np.empty(size, dtype=object)
    for (sex, year), found in first_names().items():
        here = np.flatnonzero((female == (sex == "F")) & (decade == DECADES.index(year)))
        name[here] = np.array(found.names, dtype=object)[rng.choice(len(found.names), len(here), p=found.chance)]
    start = np.array([f"{year}-01-01" for year in DECADES], dtype="datetime64[D]")
    return np.where(female, "F", "M").tolist(), (start[decade] + day).astype(str).tolist(), name.tolist()


def _surnames(rng: np.random.Generator, household: np.ndarray) -> tuple[list[str], list[str]]:
    """Return tussenvoegsel and surname; most housemates bear the first one's."""
    names, chance = family_names()
    own = rng.choice(len(names), len(household), p=chance)
    start = np.searchsorted(household, household)
    picked = np.where(rng.random(len(household)) < rates.SAME_SURNAME, own[start], own).tolist()
    return [names[each][0] for each in picked], [names[each][1] for each in picked]


def _tell_housemates_apart(first: list[str], household: np.ndarray) -> None:
    """Give no two housemates the same first name, or nearly the same: parents do not either."""
    homes = household.tolist()
    taken: list[str] = []
    for each, name in enumerate(first):
        if each == 0 or homes[each] != homes[each - 1]:
            taken = []
        for step in range(len(name), len(name) + 50):  # a hamlet of namesakes stays one
            if not any(alike(plain(first[each]), other) for other in taken):
                break
            first[each] = first[(each * 7 + len(taken) * 131 + step) % len(first)]
        taken.append(plain(first[each]))


def _addresses(rng: np.random.Generator, household: np.ndarray) -> tuple[list[str], list[int], list[str], list[str]]:
    """Return street, house number, postcode and place, the same for housemates."""
    size, all_places = len(household), places()
    street = rng.integers(0, len(STREETS), size)[household].tolist()
    number = rng.integers(1, 260, size)[household].tolist()
    place = rng.integers(0, len(all_places), size)[household].tolist()
    letters = rng.integers(0, 20, (size, 2))[household].tolist()
    alphabet = "ABCDEGHJKLMNPRSTVWXZ"  # letters that Dutch postcodes use
    return (
        [STREETS[each] for each in street],
        number,
        [f"{all_places[p].postcode} {alphabet[a]}{alphabet[b]}" for p, (a, b) in zip(place, letters, strict=True)],
        [all_places[each].name for each in place],
    )


def _emails(
    rng: np.random.Generator, base: int, first: list[str], infix: list[str], surname: list[str]
) -> list[list[str]]:
    """Return each person's own addresses, the first of which they use most; the number keeps them apart."""
    size = len(first)
    host = rng.integers(0, len(MAIL_HOSTS), (size, 3)).tolist()
    count = np.where(rng.random(size) < rates.MORE_ADDRESSES, rng.integers(2, 4, size), 1).tolist()
    known: dict[str, str] = {}
    made = []
    for each in range(size):
        given, family = first[each], infix[each] + surname[each]
        name = known.get(given) or known.setdefault(given, plain(given))
        last = known.get(family) or known.setdefault(family, plain(family))
        forms = (f"{name}.{last}{base + each}", f"{name[:1]}{last}.{base + each}", f"{last}.{name}-{base + each}")
        made.append([f"{forms[n]}@{MAIL_HOSTS[host[each][n]]}" for n in range(count[each])])
    return made


def _mobile(person: int) -> str:
    """Return a mobile number of this person alone: the step shares no factor with the size of the range."""
    mixed = (person * 7_919_033 + 13_577) % 60_000_000
    return f"06{'123458'[mixed // 10_000_000]}{mixed % 10_000_000:07d}"


def _lines(rng: np.random.Generator, base: int, household: np.ndarray) -> list[str]:
    """Return the land line that housemates share, where they have one."""
    has = (rng.random(len(household)) < rates.FAMILY_PHONE)[household] & (np.bincount(household)[household] > 1)
    made = []
    for yes, home in zip(has.tolist(), household.tolist(), strict=True):
        mixed = ((base + home) * 7_919_033 + 401) % 36_000_000
        made.append(f"{AREA_CODES[mixed // 6_000_000]}{2_000_000 + mixed % 6_000_000}" if yes else "")
    return made


def _family_emails(rng: np.random.Generator, base: int, household: np.ndarray, surname: list[str]) -> list[str]:
    """Return the address that housemates use together, where they do."""
    has = (rng.random(len(household)) < rates.FAMILY_EMAIL)[household] & (np.bincount(household)[household] > 1)
    start = np.searchsorted(household, household).tolist()
    return [
        f"fam.{plain(surname[first])}{base + first}@{MAIL_HOSTS[first % len(MAIL_HOSTS)]}" if yes else ""
        for yes, first in zip(has.tolist(), start, strict=True)
    ]


def _office_emails(rng: np.random.Generator, base: int, size: int) -> list[str]:
    """Return the info@ address that some people give, several of them the same."""
    in_office = rng.random(size) < rates.OFFICE
    office = rng.integers(0, max(1, int(size * rates.OFFICE / 6)), size)
    pairs = zip(in_office.tolist(), office.tolist(), strict=True)
    return [f"info@bedrijf{base + each}.example" if yes else "" for yes, each in pairs]
