"""Running the play on a terminal: the folder, the progress bars, what is said at the end."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from helder.access.entrance import entrance
from helder.cli._demo.play import Play, Played, Script
from helder.cli._demo.report import as_object, in_words
from helder.cli._demo.server import Server, free_port
from helder.clock import system_clock
from helder.demo.catcher import Catcher
from helder.demo.faults import DemoFault
from helder.errors import Conflict, HelderError
from helder.settings import secret_key

_MARKER = ".helder-demo"
_LABELS = {
    "company": "making the company",
    "connect": "connecting its sources",
    "import": "importing and indexing",
    "web": "visitors on three sites",
    "resolve": "finding out who is who",
    "segment": "finding the audience",
    "mail": "mailing",
    "people": "people react",
    "result": "measuring",
}


def run(*, people: int, seed: int, data: Path, port: int, once: bool, as_json: bool) -> None:
    """Play, tell what happened, and serve the result until Ctrl-C unless ``once``.

    Raises:
        Conflict: when the folder holds something that no demonstration put there.
        HelderError: when an act fails.
    """
    _begin_anew(data)
    out = Console(stderr=as_json)
    with ExitStack() as stack:
        catcher = stack.enter_context(Catcher(data / "company" / "mails"))
        port = free_port(port)
        script = Script(data, people, seed, port, system_clock())
        server = Server(data / "helder", port, _settings(catcher))
        stack.callback(server.close)
        played = _perform(script, server, out)
        out.print(in_words(played, data), highlight=False, soft_wrap=True)
        if as_json:
            sys.stdout.write(msgspec.json.encode(as_object(played)).decode() + "\n")
            sys.stdout.flush()
        if not once:
            code = entrance(secret_key(server.data), system_clock())
            out.print(f"\nLook at it: [bold]{server.base}/enter?code={code}[/]\n(Ctrl-C ends it.)", soft_wrap=True)
            server.wait()


def _begin_anew(data: Path) -> None:
    """Empty the folder of an earlier demonstration; never touch any other."""
    if data.exists() and any(data.iterdir()):
        if not (data / _MARKER).exists():
            raise Conflict(f"{data} is not empty and was not made by a demonstration; give --data another folder")
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
    (data / _MARKER).touch()


def _settings(catcher: Catcher) -> dict[str, str | int]:
    """Return how the company set up its Helder."""
    return {
        "smtp_host": catcher.host,
        "smtp_port": catcher.port,
        "smtp_tls": "never",
        "company": "Uitgeverij Lentehof",
        "postal_address": "Lentehof 12, 3512 AB Utrecht",
        "sender": "Uitgeverij Lentehof <workshops@lentehof.example>",
    }


def _perform(script: Script, server: Server, out: Console) -> Played:
    """Play with progress bars."""
    columns = (
        TextColumn("{task.description:<24}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out) as bars:
        tasks: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(_LABELS[what], total=of)
            bars.update(tasks[what], completed=done, total=of)

        try:
            return Play(script, server, show).perform()
        except DemoFault as error:
            raise DemonstrationFailed(f"{error}; Helder's log is {server.data / 'server.log'}") from error


class DemonstrationFailed(HelderError):
    """An act of the demonstration failed; the message says which and where the log is."""

    code = "demonstration-failed"
