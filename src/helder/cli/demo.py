"""``helder demo``: show the whole job on a made-up company, then a page to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

app = App(name="demo", help="Show the whole job on a made-up company: from its own sources to one right e-mail.")


@app.default
def demo(
    *,
    people: Annotated[int, Parameter(validator=Number(gte=200, lte=1_000_000))] = 25_000,
    seed: Annotated[int, Parameter(validator=Number(gte=0))] = 1,
    data: Path = Path("helder-demo"),
    port: int = 8300,
    once: bool = False,
    json: bool = False,
) -> None:
    """Make a company, connect its sources, and run one campaign on it, from sign-up to result.

    Parameters
    ----------
    people
        How many people the company knows.
    seed
        Which company: the same seed makes the same one.
    data
        Folder for all files of the demonstration; begun anew each run.
    port
        Port for Helder; another when this one is taken.
    once
        End after the job, instead of serving its page.
    json
        Print one JSON object as the last line.
    """
    from helder.cli._demo.run import run

    run(people=people, seed=seed, data=data, port=port, once=once, as_json=json)
