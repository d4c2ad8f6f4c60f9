"""Which write key a request shows, in each way that clients have."""

from __future__ import annotations

import base64
import binascii

from helder.api.collect.asgi import Headers
from helder.api.collect.request import Request


def shown_key(request: Request) -> str:
    """Return the write key of the headers, else that of the body or the query, as its dialect says; empty when none."""
    return _of_headers(request.headers) or request.route.dialect.key(request.body, request.query())


def _of_headers(headers: Headers) -> str:
    """Return the write key: Basic (as user name), Bearer, else X-Write-Key (before the colon)."""
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "basic" and (key := _user_name(value)):
        return key
    if scheme.lower() == "bearer" and value.strip():
        return value.strip()
    return headers.get(b"x-write-key", b"").decode("latin-1").partition(":")[0]


def _user_name(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""
