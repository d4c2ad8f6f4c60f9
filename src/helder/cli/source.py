"""``helder source``: connect data: files, databases, web sites."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

app = App(name="source", help="Sources: add one by its mapping file, bring it up to date, see how it fares.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]


@app.command
def add(mapping: Path, *, data: Data = Path("helder-data")) -> None:
    """Add the source that a mapping file describes, or take over its changes, and bring it up to date.

    Parameters
    ----------
    mapping
        The mapping file (TOML). See docs/reference/mapping-files.md.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        key = worker.call("source_add", path=str(mapping.resolve()))
        say(f"added {key}")
        _synced(worker.call("source_sync", key=key))


@app.command
def sync(key: str, *, data: Data = Path("helder-data")) -> None:
    """Import what is new of a copied source, or poll the identity index of a live one.

    Parameters
    ----------
    key
        Key of the source, as its mapping file names it.
    data
        The data folder.
    """
    from helder.worker.connect import connect

    with connect(data) as worker:
        _synced(worker.call("source_sync", key=key))


@app.command(name="list")
def list_sources(*, data: Data = Path("helder-data")) -> None:
    """Show all sources and how they fare; of a web site when its last event came in.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.cli._print import columns, moment
    from helder.worker.connect import connect

    with connect(data) as worker:
        found = worker.call("source_list")
    rows = [(each["source"], each["type"], each["mode"], each["health"], moment(each["synced_at"])) for each in found]
    columns(("source", "type", "mode", "health", "up to date at"), rows, empty="no sources yet: helder source add FILE")
    for each in found:
        if each["detail"]:
            columns((), [(each["source"], each["detail"])])


def _synced(report: dict[str, Any]) -> None:
    """Tell what a sync did, object by object."""
    from helder.cli._print import columns

    rows = [tuple(str(value) for value in item.values()) for item in report["objects"]]
    names = tuple(report["objects"][0]) if report["objects"] else ()
    columns(names, rows, empty="nothing new")
