"""``helder profile``: show one person, merge two, split one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

app = App(name="profile", help="One person: the golden record with where it came from; merge and split.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
_EVENTS = 20
_YES_NO = {"yes": "ja", "no": "nee"}

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from helder.govern.catalogue import Words
    from helder.integrate.view import Happening, ProfileView


@app.command
def show(who: str, *, language: Literal["nl", "en"] | None = None, data: Data = Path("helder-data")) -> None:
    """Show a person: each value with its source and why it won, identities and links, permissions, timeline.

    Parameters
    ----------
    who
        E-mail address, number or name.
    language
        Of what is said; the company's own when left out.
    data
        The data folder.
    """
    from helder.integrate import view as views
    from helder.settings import load_settings
    from helder.worker.connect import connect

    settings = load_settings(data)
    with connect(data) as worker:
        view = worker.call("profile_show", expect=views.ProfileView, who=who)
    told = Told(language or settings.language, settings.zone)
    _record(view, told)
    _identities(view, told)
    _doings(view, told)


@app.command
def merge(first: str, second: str, *, reason: str, data: Data = Path("helder-data")) -> None:
    """Decide that two people are one. Nothing is lost: ``split`` with the same two undoes it.

    Parameters
    ----------
    first
        E-mail address, number or name of the one.
    second
        The same of the other.
    reason
        Why, for those who look later.
    data
        The data folder.
    """
    from helder.worker.connect import connect

    with connect(data) as worker:
        worker.call("profile_merge", first=first, second=second, reason=reason)


@app.command
def split(first: str, second: str, *, reason: str, data: Data = Path("helder-data")) -> None:
    """Decide that two identities are not one person: it undoes a merge, and keeps Helder from joining them.

    Parameters
    ----------
    first
        E-mail address or number of the one.
    second
        The same of the other.
    reason
        Why, for those who look later.
    data
        The data folder.
    """
    from helder.worker.connect import connect

    with connect(data) as worker:
        worker.call("profile_split", first=first, second=second, reason=reason)


class Told:
    """How a person is told of: in which language, and by which clock."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        """Speak ``language``, nl or en; show moments in ``zone``."""
        self._nl = language == "nl"
        self._zone = zone

    def __call__(self, nl: str, en: str) -> str:
        """Return one of two texts."""
        return nl if self._nl else en

    def words(self, words: Words) -> str:
        """Return a text of the catalogue."""
        return words.nl if self._nl else words.en

    def detail(self, entry: Happening) -> str:
        """Return what is told of an entry of the timeline."""
        from helder.integrate.happenings import money

        if entry.said is None:
            return entry.detail
        amount = "" if entry.amount_micros is None else money(entry.amount_micros, entry.currency)
        return ", ".join(filter(None, (self.words(entry.said), amount)))

    def moment(self, at: datetime) -> str:
        """Return an aware moment on the company's clock, to the second."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

    @property
    def clock(self) -> str:
        """The line that says by which clock moments are shown."""
        return self(f"tijden in {self._zone.key}", f"times in {self._zone.key}")


def _record(view: ProfileView, told: Told) -> None:
    """Print the golden record."""
    from helder.cli._print import columns, say

    say(f"{view.name or told('(geen naam bekend)', '(no name known)')}    {view.profile_id}    {told.clock}")
    rows = []
    for value in view.values:
        lost = "; ".join(f"{told.words(each.said) if each.said else each.value} ({each.source})" for each in value.lost)
        source = f"{value.source}{' (live)' if value.live else ''}"
        held = told.words(value.said) if value.said else value.value
        rows.append((told.words(value.label), held, source, told.moment(value.at), told.words(value.why), lost))
    head = told("veld waarde bron sinds waarom verloor", "field value source since why lost").split()
    columns(head, rows, empty=told("geen gegevens bekend", "no values known"))
    for each in view.unavailable:
        say(f"{told('niet beschikbaar', 'unavailable')}: {each}")


def _identities(view: ProfileView, told: Told) -> None:
    """Print identities, links and permissions."""
    from helder.cli._print import columns, say

    say(told("\nidentiteiten", "\nidentities"))
    columns((), [(each.kind, each.value, told.moment(each.first_seen)) for each in view.identities])
    say(told("\nkoppelingen", "\nlinks"))
    links = [(each.a, each.b, each.reason, each.refused or told("gevolgd", "followed")) for each in view.links]
    columns((), links, empty=told("geen", "none"))
    say(told("\ntoestemmingen", "\npermissions"))
    rows = [
        (p.purpose, p.channel, p.title, told(_YES_NO.get(p.choice, p.choice), p.choice), told.moment(p.at), p.source)
        for p in view.permissions
    ]
    columns((), rows, empty=told("geen gegeven of geweigerd", "none given or refused"))


def _doings(view: ProfileView, told: Told) -> None:
    """Print the newest part of the timeline."""
    from helder.cli._print import columns, say

    say(told("\ntijdlijn", "\ntimeline"))
    rows = [(told.moment(h.at), told.words(h.what), told.detail(h), h.source) for h in view.timeline[:_EVENTS]]
    columns((), rows, empty=told("nog niets", "nothing yet"))
    if (older := len(view.timeline) - _EVENTS) > 0:
        say(told(f"… en {older:,} oudere".replace(",", "."), f"… and {older:,} older"))
