"""Words, numbers, money and dates in the reader's language.

English is the language of the source; the others are gettext catalogues ``locale/<language>/helder.po``, read at start
so that there is nothing to compile. Numbers, money and dates come from CLDR through Babel.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

LANGUAGES: dict[str, str] = {"nl": "Nederlands", "en": "English"}
"""Languages of the screens, each in its own words."""


class Translator:
    """Says things in one language and one time zone."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        """Speak ``language`` (``nl`` or ``en``); moments are shown in ``zone``."""
        self.language = language
        self.zone = zone
        self._locale = Locale.parse("nl_NL" if language == "nl" else "en_GB")
        self._catalogue = catalogue(language)

    def gettext(self, message: str) -> str:
        """Return ``message`` in this language."""
        found = self._catalogue.get(message) if self._catalogue else None
        return str(found.string) if found and found.string else message

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Return the form of a message that fits ``number``; Dutch and English both have two."""
        found = self._catalogue.get(one) if self._catalogue else None
        forms = found.string if found and found.string else (one, many)
        return str(forms[0 if number == 1 else 1])

    def number(self, value: float) -> str:
        """Return a count, such as 12.345."""
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share of 0–1 as a percentage."""
        return format_percent(share, format=f"0.{'0' * digits}%" if digits else "0%", locale=self._locale)

    def share(self, part: int, whole: int) -> str:
        """Return a part of a whole as a percentage, with more digits where it is small: 0.03% is not nothing."""
        share = part / whole if whole else 0.0
        return self.percent(share, 2 if 0 < share < 0.001 else 1)

    def money(self, micros: int, currency: str = "EUR", *, whole: bool = False) -> str:
        """Return an amount, rounded to cents (or ``whole`` units) here and nowhere before."""
        amount = Decimal(micros) / 1_000_000
        if whole:
            return format_currency(
                round(amount), currency, format="¤ #,##0" if self.language == "nl" else "¤#,##0",
                locale=self._locale, currency_digits=False,
            )  # fmt: skip
        return format_currency(amount, currency, locale=self._locale)

    def role(self, role: str) -> str:
        """Return what a role is called."""
        names = {
            "viewer": self.gettext("Viewer"),
            "marketer": self.gettext("Marketer"),
            "engineer": self.gettext("Data engineer"),
            "admin": self.gettext("Administrator"),
        }
        return names[role]

    def value(self, field: str, value: str) -> str:
        """Return a value of the golden record as a person writes it: a date, a country."""
        if field == "birth_date":
            try:
                return self.day(date.fromisoformat(value[:10]))
            except ValueError:
                return value
        return self._locale.territories.get(value, value) if field == "country" else value

    def labelled(self, label: str, value: str) -> str:
        """Return a value with what it is before it."""
        return self.gettext("%(label)s: %(value)s") % {"label": label, "value": value}

    def status(self, status: str) -> str:
        """Return how a mail fares."""
        names = {
            "queued": self.gettext("waiting to be sent"),
            "claimed": self.gettext("being sent"),
            "sending": self.gettext("being sent"),
            "sent": self.gettext("sent"),
            "failed": self.gettext("refused by the receiving server"),
            "skipped": self.gettext("not sent, on purpose"),
            "unknown": self.gettext("cut off while sending"),
        }
        return names.get(status, status)

    def initials(self, name: str) -> str:
        """Return the first letters of the first and the last word of a name."""
        words = name.split()
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper() if words else "?"

    def since(self, at: datetime, now: datetime) -> str:
        """Return how long ago a moment was, in the largest unit that fits: *3 uur geleden*."""
        return format_timedelta(at - now, add_direction=True, threshold=1.2, locale=self._locale)

    def day(self, at: date) -> str:
        """Return a day written out."""
        return format_date(at, "d MMMM y", locale=self._locale)

    def moment(self, at: datetime, pattern: str = "d MMM y HH:mm") -> str:
        """Return a moment (aware) in the company's zone."""
        return format_datetime(at, pattern, tzinfo=self.zone, locale=self._locale)


@cache
def catalogue(language: str) -> Catalog | None:
    """Return the catalogue of ``language``; English, the language of the source, has none."""
    path = files("helder.web") / "locale" / language / "helder.po"
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)


def preferred(accept_language: str, default: str) -> str:
    """Return the first language of an ``Accept-Language`` header that the screens have (RFC 9110, 12.5.4)."""
    ranked = sorted((_weighted(part) for part in accept_language.split(",")), key=lambda pair: -pair[1])
    return next((tag for tag, weight in ranked if weight > 0 and tag in LANGUAGES), default)


def _weighted(part: str) -> tuple[str, float]:
    """Return the primary tag of one entry and its weight; a malformed weight counts as none."""
    tag, _, parameters = part.strip().partition(";")
    _, _, weight = parameters.partition("q=")
    try:
        return tag.partition("-")[0].lower(), float(weight) if weight else 1.0
    except ValueError:
        return tag, 0.0
