"""``helder segment``: save a rule, count who answers to it, ask why."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

app = App(name="segment", help="Segments: save a rule, count who answers to it, ask why somebody does.")

Data = Annotated[Path, Parameter(env_var="HELDER_DATA")]


@app.command
def save(key: str, rule: Path, *, name: str = "", data: Data = Path("helder-data")) -> None:
    """Save a rule as the next version of a segment, which is made when it is new.

    Parameters
    ----------
    key
        Key of the segment: lower-case letters, digits and hyphens.
    rule
        File with the rule as JSON. See docs/reference/rules.md.
    name
        What people call it; its key when left out.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.govern.written import read_written
    from helder.worker.connect import connect

    text = read_written(rule)
    with connect(data) as worker:
        version = worker.call("segment_save", key=key, name=name or key, rule=text)
        say(f"saved {key}, version {version}")
        say(worker.call("segment_words", key=key))


@app.command
def count(key: str, *, language: Literal["nl", "en"] | None = None, data: Data = Path("helder-data")) -> None:
    """Count who answers to a segment now, with each part of its rule.

    Parameters
    ----------
    key
        Key of the segment.
    language
        Of the parts in words; the company's own when left out.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.settings import load_settings
    from helder.worker.connect import connect

    with connect(data) as worker:
        parts = worker.call("segment_parts", key=key, language=language or load_settings(data).language)
        answer = worker.call("segment_count", key=key)
    if answer["unavailable_because"]:
        say(f"unavailable, because {answer['unavailable_because']}")
    for path, words in parts.items():
        say(f"{_number(answer['counts'][path]):>9}  {'  ' * path.count('[')}{words}")
    say(f"of {answer['base']:,} people, as of {str(answer['as_of'])[:19]}, in {answer['took'] * 1000:.0f} ms")


@app.command
def why(key: str, who: str, *, language: Literal["nl", "en"] = "nl", data: Data = Path("helder-data")) -> None:
    """Tell why somebody is in a segment, or is not.

    Parameters
    ----------
    key
        Key of the segment.
    who
        E-mail address, number or name of the person.
    language
        Of the sentences.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    marks = {True: "yes", False: "no ", None: "?  "}
    with connect(data) as worker:
        answer = worker.call("segment_why", key=key, who=who)
    for verdict in answer["verdicts"]:
        said = f"{marks[verdict['holds']]} {'  ' * verdict['path'].count('[')}{verdict['words'][language]}"
        say(f"{said} {verdict['unavailable_because']}".rstrip())


@app.command
def words(key: str, *, language: Literal["nl", "en"] = "nl", data: Data = Path("helder-data")) -> None:
    """Say a segment's rule as a sentence.

    Parameters
    ----------
    key
        Key of the segment.
    language
        Of the sentence.
    data
        The data folder.
    """
    from helder.cli._print import say
    from helder.worker.connect import connect

    with connect(data) as worker:
        say(worker.call("segment_words", key=key, language=language))


@app.command(name="list")
def list_segments(*, data: Data = Path("helder-data")) -> None:
    """Show all segments with how many people are in them.

    Parameters
    ----------
    data
        The data folder.
    """
    from helder.cli._print import columns
    from helder.worker.connect import connect

    with connect(data) as worker:
        rows = worker.call("segment_list")
    columns(("segment", "name", "version", "people"), rows, empty="no segments yet: helder segment save KEY FILE")


def _number(value: int | None) -> str:
    return "?" if value is None else f"{value:,}"
