"""What a client hears that is not let in."""

from __future__ import annotations

import msgspec

from helder.api.collect.asgi import Send, answer
from helder.api.collect.cors import JSON
from helder.api.errors import RETRY_AFTER, Problem


class Refused(Exception):
    """A request that is answered with a status and a problem."""

    def __init__(self, status: int, code: str, message: str, seconds: int = 0) -> None:
        """Say what to answer; ``seconds`` is how long to wait before trying again, when that is known."""
        super().__init__(message)
        self.status, self.problem, self.seconds = status, Problem(code, message), seconds


async def refuse(send: Send, status: int, problem: Problem, seconds: int = 0) -> None:
    """Answer with a problem, and with the time to wait when trying again can help."""
    retry = str(seconds) if seconds else RETRY_AFTER.get(status)
    headers = [*JSON, (b"retry-after", retry.encode())] if retry else JSON
    if problem.code == "too-large":
        # The rest of it stays unread, so that nothing more can come over this connection: the client must know.
        headers = [*headers, (b"connection", b"close")]
    await answer(send, status, msgspec.json.encode(problem), headers)
