"""``helder profile``: show one person, merge two, split one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

app = App(name="profile", help="One person: the golden record with where it came from; merge and split.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
_EVENTS = 20

if TYPE_CHECKING:
    from helder.govern.catalogue import Words
    from helder.integrate.view import ProfileView


@app.command
def show(who: str, *, language: Literal["nl", "en"] = "nl", data: Data = Path("helder-data")) -> None:
    """Show a person: each value with its source and why it won, identities and links, permissions, timeline.

    Parameters
    ----------
    who
        E-mail address, number or name.
    language
        Of labels and reasons.
    data
        The data folder.
    """
    from helder.integrate import view as views
    from helder.worker.connect import connect

    with connect(data) as worker:
        view = worker.call("profile_show", expect=views.ProfileView, who=who)
    _record(view, language)
    _identities(view)
    _doings(view, language)


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


def _record(view: ProfileView, language: str) -> None:
    """Print the golden record."""
    from helder.cli._print import columns, moment, say

    say(view.name or "(no name known)")
    rows = []
    for value in view.values:
        lost = "; ".join(f"{each.value} ({each.source})" for each in value.lost)
        source = f"{value.source}{' (live)' if value.live else ''}"
        rows.append((_in(value.label, language), value.value, source, moment(value.at), _in(value.why, language), lost))
    columns(("field", "value", "source", "since", "why", "lost"), rows, empty="no values known")
    for each in view.unavailable:
        say(f"unavailable: {each}")


def _identities(view: ProfileView) -> None:
    """Print identities, links and permissions."""
    from helder.cli._print import columns, moment, say

    say("\nidentities")
    columns((), [(each.kind, each.value, moment(each.first_seen)) for each in view.identities])
    say("\nlinks")
    links = [(each.a, each.b, each.reason, each.refused or "followed") for each in view.links]
    columns((), links, empty="none")
    say("\npermissions")
    rows = [(p.purpose, p.channel, p.title, p.choice, moment(p.at), p.source) for p in view.permissions]
    columns((), rows, empty="none given or refused")


def _doings(view: ProfileView, language: str) -> None:
    """Print the newest part of the timeline."""
    from helder.cli._print import columns, moment, say

    say("\ntimeline")
    rows = [(moment(h.at), _in(h.what, language), h.detail, h.source) for h in view.timeline[:_EVENTS]]
    columns((), rows, empty="nothing yet")
    if len(view.timeline) > _EVENTS:
        say(f"… and {len(view.timeline) - _EVENTS:,} older")


def _in(words: Words, language: str) -> str:
    return words.nl if language == "nl" else words.en
