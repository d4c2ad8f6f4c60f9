"""The OpenAPI document, and a page to read it on that fetches nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Litestar, Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import Components, OpenAPIResponse, SecurityScheme, Tag

from helder import __version__

_TAGS = (
    Tag(
        "events",
        "What people do, sent by their browsers, apps and by servers, in Segment's words or in those of others.",
    ),
    Tag("profiles", "Who somebody is. Needs an API key of a marketer."),
    Tag("segments", "Groups of people by rules. Needs an API key of a viewer."),
    Tag("rejects", "Events that were not accepted. Needs an API key of an engineer; counts, of a viewer."),
    Tag("plans", "Which events a source may send. Needs an API key of a viewer; saving, of an engineer."),
    Tag("health", "For load balancers and for Prometheus."),
)


def described() -> OpenAPIConfig:
    """Return how the document is made and where it is shown: ``/schema`` and ``/schema/openapi.json``."""
    return OpenAPIConfig(
        title="Helder",
        version=__version__,
        description="Answers that are no success have the body {code, message}.",
        tags=list(_TAGS),
        components=Components(
            security_schemes={
                "write key": SecurityScheme(type="http", scheme="basic", description="The write key as user name."),
                "API key": SecurityScheme(type="http", scheme="bearer", description="Made by `helder key api`."),
            }
        ),
        render_plugins=[JsonRenderPlugin(), Viewer(path="/")],
    )


def add_problems(app: Litestar) -> None:
    """Add to the document of ``app`` how requests with an API key may fail: all in the same ways."""
    for path, item in (app.openapi_schema.paths or {}).items():
        for operation in (item.get, item.put, item.post, item.delete):
            if operation is not None and path.startswith("/v1/"):
                told = {**_PROBLEMS, **({"404": _NOT_FOUND} if "{" in path else {})}
                operation.responses = {**told, **(operation.responses or {})}
                operation.security = operation.security or [{"API key": []}]


_PROBLEMS = {
    "400": OpenAPIResponse(description="What was asked cannot be understood; the message says what to mend"),
    "401": OpenAPIResponse(description="The API key is missing, unknown or revoked"),
    "403": OpenAPIResponse(description="The key's role may not do this"),
    "503": OpenAPIResponse(description="It cannot be told now; Retry-After says when to try again"),
}
_NOT_FOUND = OpenAPIResponse(description="There is none, or not any more")


class Viewer(OpenAPIRenderPlugin):
    """The document as one plain page, made on the server: no script, nothing from elsewhere."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002 - Litestar's signature
        """Return the page."""
        operations = [
            (path, method, operation)
            for path, item in openapi_schema["paths"].items()
            for method, operation in item.items()
            if method in {"get", "post", "put", "patch", "delete"}
        ]
        parts: list[str] = []
        for tag in openapi_schema["tags"]:
            parts.append(f"<h2>{escape(tag['name'])}</h2><p>{escape(tag.get('description', ''))}</p>")
            parts += [_shown(*each, openapi_schema) for each in operations if tag["name"] in each[2].get("tags", [])]
        return _PAGE.format(version=escape(__version__), body="".join(parts)).encode()


def _shown(path: str, method: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    """Return one operation as HTML."""
    rows = [
        (f"{each['name']} ({each['in']})", each.get("description") or each.get("schema", {}).get("type", ""))
        for each in operation.get("parameters", [])
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    rows += [(name, _meaning(schema)) for name, schema in _resolved(body, document).get("properties", {}).items()]
    answers = [(code, each.get("description", "")) for code, each in operation.get("responses", {}).items()]
    head = f"<b>{method.upper()}</b> <code>{escape(path)}</code> {escape(operation['summary'])}"
    text = f"<p>{escape(operation.get('description', ''))}</p>"
    return f"<details><summary>{head}</summary>{text}{_table('takes', rows)}{_table('answers', answers)}</details>"


def _resolved(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a reference names."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _meaning(schema: dict[str, Any]) -> str:
    return str(schema.get("description") or schema.get("type") or "")


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{escape(name)}</th><td>{escape(meaning)}</td></tr>" for name, meaning in rows)
    return f"<h3>{title}</h3><table>{cells}</table>" if rows else ""


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Helder API</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; }}
details {{ border: 1px solid #d8dce2; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem; }}
summary {{ cursor: pointer; }} code {{ background: #f4f5f7; border-radius: 4px; padding: .1em .3em; }}
h3 {{ font-size: .9rem; margin-bottom: 0; }} table {{ border-collapse: collapse; font-size: .9rem; }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; font-weight: normal; }}
th {{ font-family: ui-monospace, monospace; white-space: nowrap; }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14181f; color: #e4e8ee; }}
code {{ background: #242a33; }} details {{ border-color: #38404b; }} }}
</style>
<h1>Helder API {version}</h1>
<p>The document itself: <a href="/schema/openapi.json">openapi.json</a>.</p>
{body}
</html>
"""
