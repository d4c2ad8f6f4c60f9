"""A small generated company for all tests of the demo."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helder.demo.company import Company, generate

AS_OF = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

MAIL = """\
From: Lentehof <w@lentehof.example>
To: jan@webmail.example
Subject: =?utf-8?q?Eén_plek?=
List-Unsubscribe: <mailto:u@lentehof.example>, <http://127.0.0.1:8700/u/abc?x=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

hi http://127.0.0.1:8700/c/text
--b
Content-Type: text/html; charset=utf-8

<p><img src="http://127.0.0.1:8700/logo.png" width="120"><a href="http://127.0.0.1:8700/c/1?a=b&amp;c=d">ga</a>
<a href="mailto:x@y.example">mail</a><a href="http://127.0.0.1:8700/u/abc?x=1">weg</a>
<a href="http://127.0.0.1:8700/c/1?a=b&amp;c=d">ga</a><img src="http://127.0.0.1:8700/o/1.gif" width="1" height="1"></p>
--b--
"""


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company of 1,500 people; tests read it and change nothing."""
    return generate(tmp_path_factory.mktemp("company"), 1500, 11, AS_OF)


@pytest.fixture
def small(tmp_path: Path) -> Company:
    """A company of 300 people that a test may change."""
    return generate(tmp_path, 300, 5, AS_OF)


@pytest.fixture
def mail_text() -> str:
    """A mail to jan@webmail.example with every kind of link that matters."""
    return MAIL
