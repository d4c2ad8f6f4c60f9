"""``helder journey``: save goals, purposes, templates and journeys, let them run, see how they went."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="journey", help="Journeys: save goals, purposes, templates and journeys from files, and let them run.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
_SAVED_BY = {"goal": "goal_save", "purposes": "purposes_save", "template": "template_save", "journey": "journey_save"}


@app.command
def save(
    *,
    goal: Path | None = None,
    purposes: Path | None = None,
    template: Path | None = None,
    journey: Path | None = None,
    data: Data = Path("helder-data"),
) -> None:
    """Save definitions from TOML files, each as a new version.

    Parameters
    ----------
    goal
        File with a goal.
    purposes
        File with the purposes that people are asked permission for.
    template
        File with a mail template.
    journey
        File with a journey. See docs/reference/journeys.md.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    given = {"goal": goal, "purposes": purposes, "template": template, "journey": journey}
    with connect(data) as worker:
        for what, path in given.items():
            if path is not None:
                say(f"saved {what}: {worker.call(_SAVED_BY[what], path=str(path.resolve()))}")


@app.command
def start(key: str, *, data: Data = Path("helder-data")) -> None:
    """Let the newest version of a journey run.

    Parameters
    ----------
    key
        Key of the journey.
    data
        The data folder.
    """
    from helder.worker.connect import connect

    with connect(data) as worker:
        worker.call("journey_start", key=key)


@app.command
def pause(key: str, *, data: Data = Path("helder-data")) -> None:
    """Keep everybody in a journey where they are.

    Parameters
    ----------
    key
        Key of the journey.
    data
        The data folder.
    """
    from helder.worker.connect import connect

    with connect(data) as worker:
        worker.call("journey_status", key=key, status="paused")


@app.command
def show(key: str, *, data: Data = Path("helder-data")) -> None:
    """Show how many people a journey has, and how it ended for them.

    Parameters
    ----------
    key
        Key of the journey.
    data
        The data folder.
    """
    from helder.cli._print import columns, say
    from helder.worker.connect import connect

    with connect(data) as worker:
        tally = worker.call("journey_tally", key=key)
    say(f"{tally['audience']:,} people, {tally['ended']:,} at an end")
    columns(("outcome", "people"), tally["outcomes"].items())
    columns(("skipped because", "people"), tally["skipped"].items())
    if tally["waiting_because"]:
        say(f"it waits, because {tally['waiting_because']}")
