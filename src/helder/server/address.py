"""The address that the web process listens on."""

from __future__ import annotations

import socket

from helder.errors import SettingsError


def check_free(host: str, port: int) -> None:
    """Find out now whether the address can be listened on: inside Granian it would end the process without a reason.

    Raises:
        SettingsError: when it cannot; the message says how to choose another.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{port} ({error.strerror}); choose another with --port or HELDER_PORT"
            ) from error


def reached_at(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """Return how the web process that listens on ``host`` is reached from this machine."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on
    found = everywhere.get(host, host)
    return socket.AF_INET6 if ":" in found else socket.AF_INET, (found, port)


def listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    """Tell whether something listens at ``address``."""
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(address) == 0
