"""``helder serve``: run Helder until it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

app = App(name="serve", help="Run Helder until it is stopped (Ctrl-C or SIGTERM).")

Role = Literal["all", "web", "worker", "sender"]


@app.default
def serve(
    *,
    data: Annotated[Path, Parameter(env_var="HELDER_DATA")] = Path("helder-data"),
    role: Role = "all",
    host: str | None = None,
    port: int | None = None,
) -> None:
    """Run Helder until it is stopped.

    Parameters
    ----------
    data
        The data folder; made when absent.
    role
        Which process to run: all of them, or one when they run on several machines.
    host
        Address to listen on instead of the one in the settings.
    port
        Port to listen on instead of the one in the settings.
    """
    from helder.server.roles import run_role

    run_role(data, role, host=host, port=port)
