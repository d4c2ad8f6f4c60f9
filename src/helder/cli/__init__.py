"""The command line: one command a file. A file ``cli/<noun>.py`` holds ``app``, and is read only when it is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from pkgutil import iter_modules
from typing import NoReturn

from cyclopts import App

from helder import __version__
from helder.errors import HelderError


def _about(name: str) -> str:
    """Return what the first line of a command's file says of it: reading that is quicker than importing the file."""
    with (Path(__path__[0]) / f"{name}.py").open(encoding="utf-8") as file:
        said = file.readline().strip().strip('"').partition(": ")[2]
    return said[:1].upper() + said[1:]


app = App(
    name="helder", help="A customer data and experience platform that a company runs itself.", version=__version__
)

for _module in sorted(iter_modules(__path__), key=lambda module: module.name):
    if not _module.name.startswith("_"):
        app.command(f"helder.cli.{_module.name}:app", name=_module.name, help=_about(_module.name))


def main() -> NoReturn:
    """Run the command that was typed; an error is told in one line, never as a traceback."""
    try:
        app(sys.argv[1:])
        sys.stdout.flush()
    except HelderError as error:
        sys.stderr.write(f"helder: {error} ({error.code})\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # whoever read our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        if error.filename is None:
            raise
        sys.stderr.write(f"helder: {error.filename}: {error.strerror} (unavailable)\n")
        sys.exit(1)
    sys.exit(0)
