"""The OpenAPI document, and a page to read it on that fetches nothing from elsewhere.

Collecting is plain ASGI, unknown to Litestar, so its paths are described here by hand.
"""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Litestar, Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    PathItem,
    RequestBody,
    Schema,
    SecurityScheme,
    Tag,
)
from litestar.openapi.spec.enums import OpenAPIType

from helder import __version__
from helder.collect.dialects.segment import PATHS

_TAGS = (
    Tag("events", "What people do, sent by their browsers, apps and by servers. Segment's HTTP tracking API."),
    Tag("profiles", "Who somebody is. Needs an API key of a marketer."),
    Tag("segments", "Groups of people by rules. Needs an API key of a viewer."),
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


def add_collecting(app: Litestar) -> None:
    """Add the paths of ``Collect`` to the document of ``app``."""
    paths = app.openapi_schema.paths
    if paths is not None:
        for path, kind in PATHS.items():
            if len(path.rpartition("/")[2]) > 1:
                paths[path] = PathItem(post=_operation(path, kind))


def _operation(path: str, kind: str) -> Operation:
    """Return the description of one collecting call."""
    return Operation(
        operation_id=f"collect{path.replace('/', '_')}",
        tags=["events"],
        summary="Many calls at once" if kind == "batch" else f"One {kind} call",
        description="Kept on disk when the answer comes. The same messageId within seven days is taken once.",
        security=[{"write key": []}],
        request_body=RequestBody(
            content={"application/json": OpenAPIMediaType(schema=_batch() if kind == "batch" else _call(kind))}
        ),
        responses={
            "200": OpenAPIResponse(description='{"success": true}'),
            "400": OpenAPIResponse(description="Not readable, too large, or a single call that is wrong"),
            "401": OpenAPIResponse(description="The write key is missing, unknown or revoked"),
            "429": OpenAPIResponse(description="Too much at once; Retry-After says when to try again"),
            "503": OpenAPIResponse(description="The disk is full or busy; Retry-After says when to try again"),
        },
    )


def _batch() -> Schema:
    return Schema(
        type=OpenAPIType.OBJECT,
        required=["batch"],
        properties={
            "batch": Schema(type=OpenAPIType.ARRAY, items=_call(""), max_items=2500),
            "sentAt": Schema(type=OpenAPIType.STRING, description="By the sender's clock, when it sends."),
            "context": Schema(type=OpenAPIType.OBJECT, description="Added to the context of each item."),
        },
    )


def _call(kind: str) -> Schema:
    """Return the schema of one call; ``kind`` empty means that the item says its type."""
    text = {
        "userId": "After log-in. This or anonymousId is needed.",
        "anonymousId": "The browser's or app's own id.",
        "messageId": "The sender's key for removing duplicates; under 100 characters.",
        "timestamp": "When it happened, by the sender's clock.",
        **({} if kind else {"type": "track, page, screen, identify, group or alias."}),
        **({"event": "What was done."} if kind in {"", "track"} else {}),
    }
    objects = ("properties", "context", *(("traits",) if kind in {"", "identify", "group"} else ()))
    return Schema(
        type=OpenAPIType.OBJECT,
        properties={
            **{name: Schema(type=OpenAPIType.STRING, description=meaning) for name, meaning in text.items()},
            **{name: Schema(type=OpenAPIType.OBJECT) for name in objects},
        },
    )


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
