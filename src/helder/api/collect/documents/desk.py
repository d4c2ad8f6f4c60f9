"""Answers questions for documents: plain ASGI, beside the door for events and with the same rules for other origins."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import parse_qsl

from helder.access.keys import Keys
from helder.api.collect.asgi import Headers, Receive, Scope, Send, answer
from helder.api.collect.cors import CORS, allow
from helder.api.collect.documents import libraries, posthog, rudderstack, segment
from helder.api.collect.documents.document import Asked, Document, Found
from helder.api.collect.refused import Refused, refuse
from helder.api.errors import problem_of
from helder.errors import place

DOCUMENTS: tuple[Document, ...] = (
    *segment.DOCUMENTS,
    *rudderstack.DOCUMENTS,
    *posthog.DOCUMENTS,
    *libraries.DOCUMENTS,
)
_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9a-fA-F:.]+\](?::[0-9]{1,5})?")
_log = logging.getLogger("helder.collect")


class Documents:
    """The ASGI application behind the paths of ``DOCUMENTS``."""

    def __init__(self, keys: Keys, data: Path) -> None:
        """Answer holders of a write key of ``keys``; libraries lie in the data folder ``data``."""
        self._keys, self._libraries = keys, data / libraries.FOLDER

    def takes(self, path: str) -> bool:
        """Tell whether there is a document at ``path``."""
        return _document(path) is not None

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one question."""
        if scope["method"] == "OPTIONS":
            return await allow(send)
        headers: Headers = dict(scope["headers"])
        try:
            found = self._find(scope, headers)
        except Refused as refusal:
            return await refuse(send, refusal.status, refusal.problem)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets JSON it understands
            status, problem = problem_of(error)
            _log.warning("request failed", extra={"error": type(error).__name__, "where": place(error)})
            return await refuse(send, status, problem)
        return await _give(found, scope, headers, send)

    def _find(self, scope: Scope, headers: Headers) -> Found:
        """Return the document that was asked for."""
        found = _document(scope["path"])
        if found is None or scope["method"] not in {"GET", "HEAD", "POST"}:
            raise Refused(405, "method-not-allowed", "documents are fetched with GET")
        document, match = found
        scheme = headers.get(b"x-forwarded-proto", b"").decode("latin-1") or scope.get("scheme", "http")
        return document.find(
            Asked(
                parts=tuple(part for part in match.groups() if part),
                query=dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))),
                scheme="https" if scheme == "https" else "http",
                host=_host(headers),
                keys=self._keys,
                libraries=self._libraries,
            )
        )


def _document(path: str) -> tuple[Document, re.Match[str]] | None:
    """Return the document at ``path``, and what its pattern matched."""
    bare = path.rstrip("/")
    return next(((each, match) for each in DOCUMENTS if (match := each.pattern.fullmatch(bare))), None)


def _host(headers: Headers) -> str:
    """Return the host that the client asked at, as a proxy in front of Helder tells, else as the request does."""
    host = (headers.get(b"x-forwarded-host") or headers.get(b"host", b"")).decode("latin-1")
    if not _HOST.fullmatch(host):
        raise Refused(400, "invalid-input", "the header Host is no name of a host")
    return host


async def _give(found: Found, scope: Scope, headers: Headers, send: Send) -> None:
    """Send a document, or word that the client has it already."""
    given = [(b"content-type", found.content_type), (b"cache-control", found.cache), *CORS]
    given += [(b"etag", found.tag), (b"vary", b"accept-encoding")] if found.tag else []
    if found.tag and headers.get(b"if-none-match") == found.tag:
        return await answer(send, 304, b"", given)
    body = found.body
    if found.packed and b"gzip" in headers.get(b"accept-encoding", b""):
        body, given = found.packed, [*given, (b"content-encoding", b"gzip")]
    return await answer(send, 200, b"" if scope["method"] == "HEAD" else body, given)
