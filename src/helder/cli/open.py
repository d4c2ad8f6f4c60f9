"""``helder open``: print a link to the pages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

app = App(name="open", help="Print a link to Helder's pages; it is good for twelve hours.")


@app.default
def link(*, data: Annotated[Path, Parameter(env_var="HELDER_DATA")] = Path("helder-data")) -> None:
    """Print a link to Helder's pages.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.access.entrance import entrance
    from helder.cli._print import say
    from helder.clock import system_clock
    from helder.errors import NotFound
    from helder.settings import load_settings, secret_key
    from helder.worker.lock import running_at

    if not data.is_dir():
        raise NotFound(f"there is no data folder {data}; give --data, or make one with `helder serve --data {data}`")
    address = running_at(data) or load_settings(data).address
    say(f"{address}/enter?code={entrance(secret_key(data), system_clock())}")
