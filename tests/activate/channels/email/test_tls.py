"""TLS to the mail server, as the settings say."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from pathlib import Path

import msgspec
import pytest
from tests.activate.channels.email.test_sender import mail_to, run_for, statuses
from tests.activate.company import Catcher, Company, serve

from helder.activate.channels.email.connection import Connection
from helder.errors import SettingsError
from helder.settings import Settings


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A certificate that nobody trusts."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(
    ("mode", "offered", "sent"),
    [
        ("auto", True, True),
        ("auto", False, True),
        ("always", True, False),
        ("always", False, False),
        ("never", True, True),
    ],
)
def test_tls_is_as_the_settings_say(
    company: Company, certificate: ssl.SSLContext, mode: str, offered: bool, sent: bool
) -> None:
    """Auto takes what is offered; always insists on TLS with a certificate that is valid, and else sends nothing."""
    catcher = Catcher()
    controller = serve(catcher, **({"tls_context": certificate} if offered else {}))
    company.settings = msgspec.structs.replace(company.settings, smtp_port=controller.port, smtp_tls=mode)
    mail_to(company, "noor@example.nl")
    run_for(company, 0.6)
    controller.stop()
    assert statuses(company) == {"sent" if sent else "queued": 1}


def test_a_tls_mode_that_there_is_not_is_told() -> None:
    """A typing error in the settings is no reason to send in the clear."""
    with pytest.raises(SettingsError, match="smtp_tls is 'yes'"):
        asyncio.run(Connection(Settings(data=Path(), smtp_tls="yes"), 1).ready())
