"""Build the documentation into ``build/docs`` and check it.

``python tools/docs.py``: every Markdown file of the tree becomes a page. The build fails when a link points to a file
or a heading that is not there, when a page cannot be reached from the README, or when a page has not exactly one title.
Why not a larger tool: docs/decisions/documentation.md.
"""

from __future__ import annotations

import html
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "docs"
START = "README.md"
PLACES = ("*.md", "docs/**/*.md", "benchmarks/*.md")

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Helder</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }}
pre, code {{ font-family: ui-monospace, monospace; font-size: .92em; background: #f4f5f7; border-radius: 4px; }}
pre {{ padding: .8rem 1rem; overflow-x: auto; }} code {{ padding: .1em .3em; }} pre code {{ padding: 0; }}
table {{ border-collapse: collapse; display: block; overflow-x: auto; }}
th, td {{ border-bottom: 1px solid #d8dce2; padding: .35rem .7rem; text-align: left; vertical-align: top; }}
img {{ max-width: 100%; }} nav {{ margin-bottom: 2rem; }} a {{ color: #1f5fbf; }}
</style>
<nav><a href="{home}">Helder</a></nav>
<main>
{body}
</main>
</html>
"""


@dataclass
class Page:
    """One Markdown file, read."""

    path: str
    tokens: list[Token]
    titles: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    links: list[tuple[int, str]] = field(default_factory=list)


def main(root: Path = ROOT, out: Path = OUT) -> int:
    """Build and check; return the exit code."""
    pages = {page.path: page for page in read(root)}
    faults = [fault for step in (check_titles, check_links, check_reach) for fault in step(pages, root)]
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 1
    write(pages, root, out)
    return 0


def read(root: Path) -> Iterator[Page]:
    """Read every Markdown file of the tree."""
    parser = MarkdownIt("commonmark").enable("table")
    for file in sorted({file for place in PLACES for file in root.glob(place)}):
        page = Page(file.relative_to(root).as_posix(), parser.parse(file.read_text("utf-8")))
        note_headings(page)
        note_links(page)
        yield page


def note_headings(page: Page) -> None:
    """Give each heading the anchor that GitHub gives it, and note the titles."""
    for token, inline in zip(page.tokens, page.tokens[1:], strict=False):
        if token.type != "heading_open":
            continue
        anchor = slug(inline.content)
        token.attrSet("id", anchor)
        page.anchors.add(anchor)
        if token.tag == "h1":
            page.titles.append(inline.content)


def slug(heading: str) -> str:
    """Return the anchor of a heading: lower case, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


def note_links(page: Page) -> None:
    """Note every link and picture with the line that it stands on."""
    for block in page.tokens:
        for token in block.children or ():
            target = token.attrGet("href") if token.type == "link_open" else token.attrGet("src")
            if isinstance(target, str):
                page.links.append(((block.map or [0])[0] + 1, target))


def check_titles(pages: dict[str, Page], _root: Path) -> Iterator[str]:
    """A page has one title, so that it can be named."""
    for page in pages.values():
        if len(page.titles) != 1:
            yield f"{page.path}: {len(page.titles)} titles, wanted one"


def check_links(pages: dict[str, Page], root: Path) -> Iterator[str]:
    """A link within the tree leads to something that is there."""
    for page in pages.values():
        for line, link in page.links:
            if fault := broken(page, link, pages, root):
                yield f"{page.path}:{line}: {link}: {fault}"


def broken(page: Page, link: str, pages: dict[str, Page], root: Path) -> str:
    """Return what is wrong with a link; empty when nothing is, or when it leads to another site."""
    if re.match(r"[a-z][a-z0-9+.-]*:", link):
        return ""
    target, _, anchor = link.partition("#")
    path = resolve(page, target, root)
    if path is None or not (root / path).exists():
        return "no such file"
    if anchor and path in pages and anchor not in pages[path].anchors:
        return "no such heading"
    return ""


def resolve(page: Page, target: str, root: Path) -> str | None:
    """Return the path from the root that a link leads to; None when that lies outside the tree."""
    path = ((root / page.path).parent / unquote(target)).resolve() if target else (root / page.path).resolve()
    return path.relative_to(root.resolve()).as_posix() if path.is_relative_to(root.resolve()) else None


def check_reach(pages: dict[str, Page], root: Path) -> Iterator[str]:
    """Every page can be reached by links from the README."""
    seen: set[str | None] = set()
    ahead: list[str | None] = [START]
    while ahead:
        path = ahead.pop()
        if path in seen or path not in pages:
            continue
        seen.add(path)
        ahead += [resolve(pages[path], link.partition("#")[0], root) for _, link in pages[path].links]
    for path in pages.keys() - seen:
        yield f"{path}: no page that can be reached from {START} links here"


def write(pages: dict[str, Page], root: Path, out: Path) -> None:
    """Write every page as HTML, and the pictures beside them."""
    shutil.rmtree(out, ignore_errors=True)
    renderer = MarkdownIt("commonmark").enable("table")
    for page in pages.values():
        point_to_pages(page)
        file = (out / page.path).with_suffix(".html")
        file.parent.mkdir(parents=True, exist_ok=True)
        home = "../" * page.path.count("/") + "README.html"
        body = renderer.renderer.render(page.tokens, renderer.options, {})
        file.write_text(PAGE.format(title=html.escape(page.titles[0]), home=home, body=body), "utf-8")
    for picture in root.glob("docs/**/*.svg"):
        copy = out / picture.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, copy)


def point_to_pages(page: Page) -> None:
    """Let links between Markdown files lead to the pages made of them."""
    for block in page.tokens:
        for token in block.children or ():
            link = token.attrGet("href")
            if isinstance(link, str) and not re.match(r"[a-z]+:", link):
                token.attrSet("href", re.sub(r"\.md(?=#|$)", ".html", link))


if __name__ == "__main__":
    sys.exit(main())
