"""Write the tables of the reference from the code, so that they cannot be untrue.

``python tools/reference.py`` fills each place between ``<!-- made from the code: NAME -->`` and ``<!-- end -->`` in the
pages under ``docs/reference``; with ``--check`` it changes nothing and fails when a table would change. ``make tidy``
writes, the tests check.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable
from pathlib import Path

import helder
from helder.cli import app
from helder.errors import HelderError
from helder.govern.catalogue import CatalogueObject, Field, base_catalogue
from helder.store.facts.schema import MEANINGS, SCHEMAS
from helder.store.projections.layout import HOT, ONLINE
from helder.store.tables import metadata

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "reference"
ELSEWHERE = re.compile(r"^helder\.demo\b|__main__$|\.migrations\.")  # no errors of ours, and not made to be imported
PLACE = re.compile(r"(<!-- made from the code: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def main(arguments: list[str]) -> int:
    """Write or check all pages; return the exit code."""
    stale = []
    for page in sorted(PAGES.glob("*.md")):
        before = page.read_text("utf-8")
        after = PLACE.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n{found[3]}", before)
        if after != before:
            stale.append(page.name)
            if "--check" not in arguments:
                page.write_text(after, "utf-8")
    if stale and "--check" in arguments:
        print(f"no longer true: {', '.join(stale)}; run: make tidy", file=sys.stderr)
        return 1
    return 0


def settings() -> str:
    """Return a table of all settings, with the documentation that stands under each field."""
    tree = ast.parse((ROOT / "src/helder/settings.py").read_text("utf-8"))
    struct = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings")
    rows = []
    for field, said in zip(struct.body, struct.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            default = ast.unparse(field.value).replace("'", '"') if field.value else "required"
            rows.append([f"`{field.target.id}`", f"`{ast.unparse(field.annotation)}`", f"`{default}`", said_by(said)])
    return table(["setting", "type", "default", "meaning"], rows)


def said_by(statement: ast.stmt) -> str:
    """Return the text of a documentation string that stands as a statement."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return first_sentence(text)
    return ""


def errors() -> str:
    """Return a table of all errors: every class in the tree under HelderError, in whichever room it is."""
    for module in pkgutil.walk_packages(helder.__path__, "helder."):
        if not ELSEWHERE.search(module.name):
            importlib.import_module(module.name)
    rows = [
        [
            f"`{kind.code}`",
            f"`{kind.__name__}`",
            kind.__module__.removeprefix("helder."),
            first_sentence(kind.__doc__ or ""),
        ]
        for kind in sorted(below(HelderError), key=lambda kind: (kind.code, kind.__module__, kind.__name__))
    ]
    return table(["code", "error", "room", "meaning"], rows)


def below(kind: type[HelderError]) -> set[type[HelderError]]:
    """Return a class of errors and all classes under it."""
    return {kind}.union(*(below(each) for each in kind.__subclasses__()))


def catalogue() -> str:
    """Return a table of all fields of all objects in the catalogue that ships with Helder."""
    rows: list[list[str]] = []
    for key, thing in base_catalogue().objects.items():
        rows.append([f"**`{key}`**", "", f"**{thing.label.en}**", f"**{thing.label.nl}**", kept(thing)])
        rows += [
            [f"`{key}.{name}`", field.type, field.label.en, field.label.nl, noted(field)]
            for name, field in thing.fields.items()
        ]
    return table(["field", "type", "English", "Dutch", "notes"], rows)


def kept(thing: CatalogueObject) -> str:
    """Return where rows of an object lie, and how long."""
    place = "copied or live" if thing.table else "live sources only"
    years = f", kept {round(thing.retention_days / 365.25)} years" if thing.retention_days else ""
    return place + years


def noted(field: Field) -> str:
    """Return what is special about a field."""
    marks = {
        "core": field.core,
        field.sensitivity: field.sensitivity != "plain",
        "only while mapping": not field.stored,
    }
    values = ", ".join(f"`{each.key}` ({each.label.en}, {each.label.nl})" for each in field.values)
    return "; ".join(filter(None, (", ".join(mark for mark, so in marks.items() if so), values)))


def events() -> str:
    """Return a table of all events in the catalogue that ships with Helder."""
    rows = [[f"`{name}`", entry.label.en, entry.label.nl] for name, entry in sorted(base_catalogue().events.items())]
    return table(["event", "English", "Dutch"], rows)


def facts() -> str:
    """Return a table of all tables of the facts."""
    rows = [
        [f"`{name}`", MEANINGS[name], ", ".join(f"{column} {kind}" for column, kind in columns.items())]
        for name, columns in SCHEMAS.items()
    ]
    return table(["table", "what it holds", "columns"], rows)


def state() -> str:
    """Return a table of all tables of state; a column's comment stands behind it."""
    rows = []
    for name, found in sorted(metadata.tables.items()):
        columns = [f"{column.name} ({column.comment})" if column.comment else column.name for column in found.columns]
        rows.append([f"`{name}`", ", ".join(column.name for column in found.primary_key), ", ".join(columns)])
    return table(["table", "key", "columns"], [[cell.replace("|", "\\|") for cell in row] for row in rows])


def projections() -> str:
    """Return a table of the copies of facts that lie in projections."""
    rows = [
        [f"`{layout.table}`", file, ", ".join(layout.key), ", ".join(layout.without)]
        for file, layouts in (("hot", HOT), ("online", ONLINE))
        for layout in layouts.values()
    ]
    return table(["table", "file", "in order of", "left out"], rows)


def commands() -> str:
    """Return the help of every command, as the program itself gives it."""
    text = app.generate_docs(output_format="markdown")
    text = re.sub(r"(?<!`)``(?!`)", "`", text)
    return text[text.index("\n## helder ") + 1 :].rstrip() + "\n"


def first_sentence(text: str) -> str:
    """Return what a docstring says before its first blank line, on one line, safe in a table."""
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split()).replace("``", "`").replace("|", "\\|")


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


TABLES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "errors": errors,
    "catalogue": catalogue,
    "events": events,
    "commands": commands,
    "facts": facts,
    "state": state,
    "projections": projections,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
