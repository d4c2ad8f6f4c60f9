"""What the OpenAPI document says of collecting: plain ASGI, unknown to Litestar, so its paths are described by hand."""

from __future__ import annotations

from litestar import Litestar
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    PathItem,
    RequestBody,
    Schema,
)
from litestar.openapi.spec.enums import OpenAPIType

from helder.collect.dialects.dialect import Dialect
from helder.collect.dialects.ga4 import GA4
from helder.collect.dialects.jitsu import JITSU
from helder.collect.dialects.posthog import POSTHOG
from helder.collect.dialects.segment import PATHS

_TEXT, _OBJECT = Schema(type=OpenAPIType.STRING), Schema(type=OpenAPIType.OBJECT)
_OTHERS: tuple[tuple[Dialect, str, Schema], ...] = (
    (
        JITSU,
        "Jitsu's clients: one {kind} call",
        Schema(type=OpenAPIType.OBJECT, description="As for the same call of Segment's API."),
    ),
    (
        POSTHOG,
        "PostHog's clients: one event, a list, or a batch",
        Schema(
            type=OpenAPIType.OBJECT,
            properties={
                "api_key": Schema(type=OpenAPIType.STRING, description="The write key; token is the same."),
                "event": _TEXT,
                "distinct_id": _TEXT,
                "properties": _OBJECT,
                "timestamp": _TEXT,
                "uuid": _TEXT,
                "batch": Schema(type=OpenAPIType.ARRAY, items=_OBJECT, description="Several events at once."),
            },
        ),
    ),
    (
        GA4,
        "GA4's Measurement Protocol",
        Schema(
            type=OpenAPIType.OBJECT,
            required=["client_id", "events"],
            properties={
                "client_id": _TEXT,
                "user_id": _TEXT,
                "timestamp_micros": Schema(type=OpenAPIType.INTEGER),
                "user_properties": _OBJECT,
                "events": Schema(type=OpenAPIType.ARRAY, items=_OBJECT, max_items=25),
            },
        ),
    ),
)
"""Dialect, what stands above it, what a body is."""


def add_collecting(app: Litestar) -> None:
    """Add the paths of ``Collect`` to the document of ``app``."""
    paths = app.openapi_schema.paths
    if paths is not None:
        for path, kind in PATHS.items():
            if len(path.rpartition("/")[2]) > 1:
                paths[path] = PathItem(post=_operation(path, kind))
        for dialect, summary, body in _OTHERS:
            for path, kind in dialect.paths.items():
                paths[path] = PathItem(post=_other(path, summary.format(kind=kind), body))


def _operation(path: str, kind: str) -> Operation:
    """Return the description of one of Segment's calls."""
    return _described(
        path,
        "Many calls at once" if kind == "batch" else f"One {kind} call",
        _batch() if kind == "batch" else _call(kind),
    )


def _other(path: str, summary: str, body: Schema) -> Operation:
    """Return the description of one call of another family of clients."""
    operation = _described(path, summary, body)
    if path in GA4.paths:
        meaning = "The write key."
        operation.parameters = [Parameter("api_secret", "query", required=True, schema=_TEXT, description=meaning)]
        operation.security = []
    return operation


def _described(path: str, summary: str, body: Schema) -> Operation:
    """Return what all calls have in common."""
    return Operation(
        operation_id=f"collect{path.replace('/', '_')}",
        tags=["events"],
        summary=summary,
        description="Kept on disk when the answer comes. The same messageId within seven days is taken once.",
        security=[{"write key": []}],
        request_body=RequestBody(content={"application/json": OpenAPIMediaType(schema=body)}),
        responses={
            "200": OpenAPIResponse(description="On disk"),
            "400": OpenAPIResponse(description="Not readable, too large, or a single call that is wrong"),
            "401": OpenAPIResponse(description="The write key is missing, unknown or revoked"),
            "403": OpenAPIResponse(description="The write key is not for this origin, or not for this"),
            "408": OpenAPIResponse(description="The body took too long to come"),
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
