"""``helder rebuild``: throw away what is derived, and derive it again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="rebuild", help="Throw away all that is derived, and build it again from the facts: the same comes out.")


@app.default
def rebuild(*, data: Annotated[Path, Parameter(env_var="HELDER_DATA")] = Path("helder-data")) -> None:
    """Build who is who and the golden records again from the facts.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        made = worker.call("rebuild")
    say(", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in made.items()))
