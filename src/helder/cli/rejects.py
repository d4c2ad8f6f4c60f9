"""``helder rejects``: what was not accepted, why, and once more."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

app = App(name="rejects", help="Rejected events: which there are, why, and sending them again after mending.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]
_COLUMNS = ("number", "received (UTC)", "source", "reason", "detail", "sent again")


@app.command(name="list")
def list_rejects(
    *,
    source: str = "",
    reason: str = "",
    since: datetime | None = None,
    open_only: bool = False,
    limit: int = 50,
    data: Data = Path("helder-data"),
) -> None:
    """Show rejected events, newest first, without what they held.

    Parameters
    ----------
    source
        Only of this source.
    reason
        Only with this reason; docs/reference/events.md lists them.
    since
        Only what was received at this moment (UTC) or after it.
    open_only
        Only what was not sent again.
    limit
        Most that are shown.
    data
        The data folder.
    """
    from helder.cli._print import columns, moment
    from helder.worker.connect import connect

    wanted = _wanted(source, reason, since, open_only=open_only)
    with connect(data) as worker:
        found = worker.call("rejects_list", wanted=wanted, limit=limit)
    rows = [
        (
            each["number"],
            moment(each["at"]),
            each["source"],
            each["reason"],
            each["detail"],
            moment(each["sent_again_at"]),
        )
        for each in found
    ]
    columns(_COLUMNS, rows, empty="nothing was rejected")


@app.command
def count(
    *, source: str = "", reason: str = "", since: datetime | None = None, data: Data = Path("helder-data")
) -> None:
    """Count rejected events by source and reason.

    Parameters
    ----------
    source
        Only of this source.
    reason
        Only with this reason.
    since
        Only what was received at this moment (UTC) or after it.
    data
        The data folder.
    """
    from helder.cli._print import columns, moment
    from helder.worker.connect import connect

    with connect(data) as worker:
        found = worker.call("rejects_count", wanted=_wanted(source, reason, since))
    rows = [
        (each["source"], each["reason"], each["rejected"], each["open"], moment(each["first"]), moment(each["last"]))
        for each in found
    ]
    columns(("source", "reason", "rejected", "not sent again", "first", "last"), rows, empty="nothing was rejected")


@app.command
def show(number: int, *, data: Data = Path("helder-data")) -> None:
    """Show one rejected event with what it held. That is personal data: the reading is noted in the audit trail.

    Parameters
    ----------
    number
        As ``helder rejects list`` shows it.
    data
        The data folder.
    """
    from helder.cli._print import columns, say
    from helder.worker.connect import connect

    with connect(data) as worker:
        found = worker.call("rejects_show", number=number)
    columns((), [(name, found[name]) for name in ("number", "at", "source", "reason", "detail", "message_id")])
    say(found["body"] or "")


@app.command
def export(
    to: Path,
    *,
    source: str = "",
    reason: str = "",
    since: datetime | None = None,
    open_only: bool = False,
    data: Data = Path("helder-data"),
) -> None:
    """Write rejected events with what they held to a JSON-lines file that only you can read.

    Parameters
    ----------
    to
        The file.
    source
        Only of this source.
    reason
        Only with this reason.
    since
        Only what was received at this moment (UTC) or after it.
    open_only
        Only what was not sent again.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    wanted = _wanted(source, reason, since, open_only=open_only)
    with connect(data) as worker:
        say(f"wrote {worker.call('rejects_export', path=str(to.resolve()), wanted=wanted)} to {to}")


@app.command(name="send-again")
def send_again(
    numbers: tuple[int, ...] = (),
    /,
    *,
    source: str = "",
    reason: str = "",
    since: datetime | None = None,
    all_of_them: Annotated[bool, Parameter(name="--all", negative=())] = False,
    data: Data = Path("helder-data"),
) -> None:
    """Send rejected events again, after the mapping or the tracking plan was mended: those that pass now are taken.

    Parameters
    ----------
    numbers
        As ``helder rejects list`` shows them; with none, those that the options say and that were not sent again yet.
    source
        Only of this source.
    reason
        Only with this reason.
    since
        Only what was received at this moment (UTC) or after it.
    all_of_them
        All that were not sent again yet.
    data
        The data folder.
    """
    from helder.cli._print import columns, say
    from helder.errors import InvalidInput
    from helder.worker.connect import connect

    if not (numbers or source or reason or since or all_of_them):
        raise InvalidInput("say which: numbers, --source, --reason, --since, or --all")
    wanted = {**_wanted(source, reason, since, open_only=not numbers), "numbers": list(numbers)}
    with connect(data) as worker:
        report = worker.call("rejects_send_again", wanted=wanted)
    say(f"sent again: {report['sent']}")
    columns(("still rejected", "reason"), [(count, reason) for reason, count in report["still"].items()])


def _wanted(source: str, reason: str, since: datetime | None, *, open_only: bool = False) -> dict[str, Any]:
    """Return which are meant; a moment without a zone is UTC."""
    if since is not None and since.tzinfo is not None:
        since = since.astimezone(UTC).replace(tzinfo=None)
    return {"source": source, "reason": reason, "since": since, "open": open_only}
