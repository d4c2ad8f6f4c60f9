"""What servers say, and what it means."""

from __future__ import annotations

import pytest

from helder.activate.channels.email.replies import Reply, Stage, judge


@pytest.mark.parametrize(
    ("stage", "code", "text", "expected"),
    [
        ("rcpt", 451, "4.7.1 try again later", Reply("again", "smtp 451 4.7.1")),
        ("data", 452, "full", Reply("again", "smtp 452")),
        ("rcpt", 421, "closing", Reply("again", "smtp 421")),
        ("rcpt", 550, "5.1.1 noor@x.nl: no such user", Reply("failed", "smtp 550 5.1.1", bounce=True)),
        ("rcpt", 550, "no such user", Reply("failed", "smtp 550", bounce=True)),
        ("rcpt", 550, "5.7.1 blocked by policy", Reply("failed", "smtp 550 5.7.1")),
        ("rcpt", 552, "5.2.2 mailbox full", Reply("failed", "smtp 552 5.2.2")),
        ("rcpt", 554, "no", Reply("failed", "smtp 554")),
        ("data", 554, "5.6.0 spam", Reply("failed", "smtp 554 5.6.0")),
        ("data", 550, "spam", Reply("failed", "smtp 550")),
        ("mail", 550, "5.7.1 sender not allowed", Reply("again", "smtp 550 5.7.1")),
        ("mail", 530, "authenticate first", Reply("again", "smtp 530")),
    ],
)
def test_a_reply_is_judged(stage: Stage, code: int, text: str, expected: Reply) -> None:
    """4xx comes again, 5xx is over, no such mailbox is a bounce, and a refusal of us is not the recipient's."""
    assert judge(stage, code, text) == expected


def test_no_reason_holds_an_address() -> None:
    """Servers repeat the address in their answers; only the codes are kept."""
    assert "noor" not in judge("rcpt", 550, "5.1.1 <noor@x.nl>: unknown").reason
