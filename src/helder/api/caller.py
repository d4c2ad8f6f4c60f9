"""Who calls: the API key of a request, and what it may do."""

from __future__ import annotations

from typing import Any, ClassVar

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from helder.access.keys import ApiKey, Role
from helder.errors import Denied, HelderError

Connection = ASGIConnection[Any, Any, Any, Any]


class UnknownKey(HelderError):
    """The API key is missing, unknown or revoked."""

    code: ClassVar[str] = "unknown-key"


def needs(role: Role) -> Any:  # a guard, as Litestar types it
    """Return a guard that lets callers in whose key has ``role`` or a greater one."""

    # Async, since Litestar sends a guard that is not to a thread: on a busy machine that costs milliseconds a request.
    async def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        caller = caller_of(connection)
        if not caller.may(role):
            raise Denied(f"this needs the role {role}; the key {caller.name!r} is of a {caller.role}")

    return guard


def caller_of(connection: Connection) -> ApiKey:
    """Return who calls.

    Raises:
        UnknownKey: when the request shows no API key in use.
    """
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    found = connection.app.state["api"].keys.api_key(key.strip()) if scheme.lower() == "bearer" and key else None
    if found is None:
        raise UnknownKey("this needs an API key: Authorization: Bearer <key>; `helder key api` makes one")
    return found
