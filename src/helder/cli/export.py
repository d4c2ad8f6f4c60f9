"""``helder export``: give data out as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="export", help="Give data out as files.")


@app.command
def identities(to: Path, *, data: Annotated[Path, Parameter(env_var="HELDER_DATA")] = Path("helder-data")) -> None:
    """Write every identity with its profile and segments to a CSV file.

    Parameters
    ----------
    to
        The file: one row an identity, with profile_id, kind, value and segments (keys joined with a bar).
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        say(f"{worker.call('identities_export', path=str(to.resolve())):,} identities in {to}")
