"""``helder doctor``: look at an installation, and say how to mend what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="doctor", help="Look at an installation, and say how to mend what is wrong.")

_SIGNS = {"good": "ok  ", "warning": "warn", "bad": "BAD "}


@app.default
def doctor(*, data: Annotated[Path, Parameter(env_var="HELDER_DATA")] = Path("helder-data")) -> None:
    """Look at the machine, the data folder, the stores, the mail server and the sources.

    Ends with 1 when something is bad.

    Parameters
    ----------
    data
        The data folder.
    """
    import sys

    from helder.cli._print import say
    from helder.clock import system_clock
    from helder.errors import NotFound
    from helder.server.checkup import checkup
    from helder.settings import load_settings

    if not data.is_dir():
        raise NotFound(f"there is no data folder {data}; give --data, or make one with `helder serve --data {data}`")
    findings = checkup(load_settings(data), system_clock)
    for each in findings:
        say(f"{_SIGNS[each.state]} {each.check:<8} {each.what}")
        if each.mend:
            say(f"{'':<13} mend: {each.mend}")
    if any(each.state == "bad" for each in findings):
        sys.exit(1)
