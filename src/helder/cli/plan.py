"""``helder plan``: which events a source may send."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

app = App(name="plan", help="Tracking plans: which events a source may send, with which properties.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]


@app.command
def save(file: Path, *, data: Data = Path("helder-data")) -> None:
    """Save a tracking plan as the next version for its source. The door holds events to it within five seconds.

    Parameters
    ----------
    file
        The plan (TOML). See docs/reference/tracking-plans.md.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        saved = worker.call("plan_save", path=str(file.resolve()))
    say(f"saved the plan of {saved['plan']['source']}, version {saved['version']}, mode {_mode(saved)}")


@app.command
def show(source: str, *, version: int = 0, days: int = 7, data: Data = Path("helder-data")) -> None:
    """Show the tracking plan of a source, and what did not fit it lately.

    Parameters
    ----------
    source
        Key of the source.
    version
        Which version; the newest when left out.
    days
        How far to look back for what did not fit.
    data
        The data folder.
    """
    from helder.cli._print import columns, say
    from helder.worker.connect import connect

    with connect(data) as worker:
        saved = worker.call("plan_show", source=source, version=version)
        found = worker.call("plan_shortfalls", source=source, days=days)
    say(f"{source}, version {saved['version']}, mode {_mode(saved)}, by {saved['saved_by']}")
    columns(("event", "property", "type", ""), _properties(saved["plan"]), empty="no events")
    say("")
    _told(found, empty=f"everything fitted in the last {days} days")


@app.command(name="list")
def list_plans(*, data: Data = Path("helder-data")) -> None:
    """Show which sources have a tracking plan.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.cli._print import columns, moment
    from helder.worker.connect import connect

    with connect(data) as worker:
        found = worker.call("plan_list")
    rows = [
        (each["plan"]["source"], each["version"], _mode(each), moment(each["saved_at"]), each["saved_by"])
        for each in found
    ]
    columns(
        ("source", "version", "mode", "saved at (UTC)", "by"), rows, empty="no tracking plans: helder plan save FILE"
    )


@app.command
def check(file: Path, *, days: int = 7, data: Data = Path("helder-data")) -> None:
    """Check a tracking plan without saving it, and hold the newest events of the source to it.

    Parameters
    ----------
    file
        The plan (TOML).
    days
        How far to look back.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        tried = worker.call("plan_try", path=str(file.resolve()), days=days)
    say(f"the plan is good; of the last {tried['looked_at']} events {tried['fit']} fit it")
    _told(tried["found"], empty="")


def _mode(saved: dict[str, Any]) -> str:
    return str(saved["plan"].get("mode", "observe"))


def _properties(plan: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return a row for each property of a plan, and one for an event that has none."""
    calls = {**plan.get("event", {}), **{f"({kind})": plan[kind] for kind in _CALLS if plan.get(kind)}}
    rows: list[tuple[str, str, str, str]] = []
    for name, planned in calls.items():
        named = planned["property"] or {"": ""}
        for key, said in named.items():
            kind = said["type"] if isinstance(said, dict) else said
            rows.append((name, key, kind, "required" if isinstance(said, dict) and said["required"] else ""))
    return rows


def _told(found: list[dict[str, Any]], empty: str) -> None:
    """Print what did not fit."""
    from helder.cli._print import columns

    rows = [(each["events"], each["reason"], each["event"], each["property"]) for each in found]
    if rows or empty:
        columns(("events", "did not fit", "event", "property"), rows, empty=empty)


_CALLS = ("page", "screen", "identify", "group")
