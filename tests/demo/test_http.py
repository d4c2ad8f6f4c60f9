from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from helder.demo.faults import DemoFault
from helder.demo.http import LONGEST_PAUSE, Connection, Gone, Response, insist, pause

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def run(talk: Talk, ask: Callable[[Connection], Awaitable[Response]]) -> Response:
    """Ask a server that talks so."""

    async def play() -> Response:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        async with server, Connection(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}") as connection:
            return await ask(connection)

    return asyncio.run(play())


def says(*answers: bytes) -> Talk:
    """Return a server that answers one request a connection, each time the next answer, and hangs up."""
    left = list(answers)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(left.pop(0) if left else b"")
        await writer.drain()
        writer.close()

    return talk


def test_an_answer_in_pieces_is_put_together() -> None:
    """A chunked body arrives whole, with its headers in small letters."""
    text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kind: Z\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = run(says(text), lambda connection: connection.ask("GET", "/"))
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"abcde", "Z")


def test_a_server_that_hangs_up_or_babbles_is_gone() -> None:
    """Neither silence nor something that is no HTTP is taken for an answer."""
    for text in (b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"):
        with pytest.raises(Gone):
            run(says(text), lambda connection: connection.ask("GET", "/"))


def test_a_lost_connection_is_opened_again() -> None:
    """A request goes on over a new connection until it is answered, and says how often it was sent."""
    good = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
    later = b"HTTP/1.1 503 X\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    tries: list[int] = []

    async def ask(connection: Connection) -> Response:
        answer, count = await insist(connection, "POST", "/x", "", lambda: b"")
        tries.append(count)
        return answer

    assert run(says(b"", later, good), ask).status == 204
    assert tries == [3]


def test_a_server_that_is_not_there_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listening is told as such, in the end."""
    monkeypatch.setattr("helder.demo.http.LONGEST_PAUSE", 0.0)

    async def play() -> None:
        async with Connection("http://127.0.0.1:9") as connection:
            await insist(connection, "GET", "/x?secret=1", "", bytes)

    with pytest.raises(DemoFault, match="GET /x: the server did not answer") as fault:
        asyncio.run(play())
    assert "secret" not in str(fault.value)


@pytest.mark.parametrize(
    ("asked", "attempt", "seconds"),
    [("2", 0, 2.0), ("0", 3, 0.0), ("3600", 0, LONGEST_PAUSE), ("", 0, 0.05), ("", 2, 0.2), ("", 20, LONGEST_PAUSE)],
)
def test_the_pause_is_what_the_server_asks_else_ever_longer(asked: str, attempt: int, seconds: float) -> None:
    """Retry-After counts, up to what a demo can wait; without it the pause doubles."""
    headers = {"retry-after": asked} if asked else {}
    assert pause(Response(429, headers, b""), attempt) == pytest.approx(seconds)
    assert pause(None, 0) == pytest.approx(0.05)
