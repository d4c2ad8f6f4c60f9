"""One connection to the SMTP server, kept open and used again."""

from __future__ import annotations

import msgspec
from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from helder.activate.channels.email.replies import Reply, Stage, judge
from helder.errors import SettingsError
from helder.settings import Settings

_AT_MOST = 100
"""Messages over one connection: many servers close it after about so many."""


class Accepted(msgspec.Struct, frozen=True):
    """The server took the message, and answers for it from now on."""


class Lost(msgspec.Struct, frozen=True):
    """The connection broke after the text began to go out: nobody knows."""

    reason: str


class Broken(msgspec.Struct, frozen=True):
    """The connection broke before the text went out: it was certainly not sent."""

    reason: str


Answer = Accepted | Lost | Broken | Reply


class Connection:
    """A connection of one sender task. Not for several tasks at once."""

    def __init__(self, settings: Settings, timeout: float) -> None:
        """Connect later, as ``settings`` say; ``timeout`` is in seconds, for each command."""
        self._settings = settings
        self._timeout = timeout
        self._client: SMTP | None = None
        self._used = 0

    async def ready(self) -> str:
        """See to it that the connection is open; return what is wrong, or an empty text."""
        if self._client is not None and self._client.is_connected and self._used < _AT_MOST:
            return ""
        await self.close()
        client = _client(self._settings, self._timeout)
        try:
            await client.connect()
        except (SMTPException, OSError, ValueError) as error:
            client.close()
            return _named(error)
        self._client, self._used = client, 0
        return ""

    async def send(self, sender: str, to: str, message: bytes) -> Answer:
        """Hand one message over. Three commands, so that it is known how far it came."""
        client = self._client
        if client is None:
            return Broken("not connected")
        self._used += 1
        stage: Stage = "mail"
        try:
            await client.mail(sender)
            stage = "rcpt"
            await client.rcpt(to)
            stage = "data"
            await client.data(message)
        except (SMTPResponseException, SMTPException, OSError, ValueError) as error:
            return await self._failed(stage, error)
        return Accepted()

    async def _failed(self, stage: Stage, error: Exception) -> Answer:
        """Say what a failure at a stage means, and make the connection fit for the next message or drop it."""
        if isinstance(error, SMTPResponseException) and not isinstance(error, SMTPServerDisconnected):
            await self._begin_again(error.code)
            return judge(stage, error.code, error.message)
        await self.close()
        return Lost(_named(error)) if stage == "data" else Broken(_named(error))

    async def _begin_again(self, code: int) -> None:
        """Forget the message that was refused; a server that says 421 is closing."""
        if code == 421 or self._client is None or not self._client.is_connected:
            await self.close()
            return
        try:
            await self._client.rset()
        except (SMTPException, OSError):
            await self.close()

    async def close(self) -> None:
        """Say goodbye, when there is somebody to say it to."""
        client, self._client = self._client, None
        if client is not None and client.is_connected:
            try:
                await client.quit()
            except (SMTPException, OSError):
                client.close()


def _client(settings: Settings, timeout: float) -> SMTP:
    """Return a client that is not connected yet.

    ``auto`` takes TLS when it is offered and asks for no certificate, since it would else send in the clear; ``always``
    and ``implicit`` insist on one that is valid.
    """
    mode = settings.smtp_tls
    if mode not in {"auto", "always", "implicit", "never"}:
        raise SettingsError(f"smtp_tls is {mode!r}; it must be auto, always, implicit or never.")
    return SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        username=settings.smtp_user or None,
        password=settings.smtp_password or None,
        timeout=timeout,
        use_tls=mode == "implicit",
        start_tls={"auto": None, "always": True}.get(mode, False),
        validate_certs=mode in {"always", "implicit"},
    )


def _named(error: Exception) -> str:
    """Return what kind of fault it was; the words of a fault may hold an address or a password."""
    return f"{type(error).__name__}{f' {error.code}' if isinstance(error, SMTPResponseException) else ''}"
