"""E-mail over SMTP."""

from __future__ import annotations

import msgspec


class EmailChannel(msgspec.Struct, frozen=True):
    """What the rest of Helder knows of this channel."""

    key: str = "email"


CHANNEL = EmailChannel()
