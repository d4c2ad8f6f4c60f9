"""The command line: one command a file. A file ``cli/<noun>.py`` holds ``app``, and is read only when it is called."""

from __future__ import annotations

import sys
from pkgutil import iter_modules
from typing import NoReturn

from cyclopts import App

from helder import __version__
from helder.errors import HelderError

app = App(
    name="helder", help="A customer data and experience platform that a company runs itself.", version=__version__
)

for _module in sorted(iter_modules(__path__), key=lambda module: module.name):
    if not _module.name.startswith("_"):
        app.command(f"helder.cli.{_module.name}:app", name=_module.name)


def main() -> NoReturn:
    """Run the command that was typed; an error is told in one line, never as a traceback."""
    try:
        app()
    except HelderError as error:
        sys.stderr.write(f"helder: {error} ({error.code})\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)
