"""The ERP is asked where it stands: a change there counts at once, and nothing of it is kept."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from helder.cli._demo.play import SEGMENT

if TYPE_CHECKING:
    from conftest import Running

ORDER = (
    "INSERT INTO workshop_orders VALUES (900001, ?, 'W-SNOEI', 'autumn', 1, 8900, 'confirmed', '2026-11-20T10:00:00Z')"
)
INVOICE_CENTS = 8_675_309_123


def test_an_order_in_the_erp_counts_at_once(running: Running) -> None:
    """A row written by the ERP's own users changes the next count, without any sync; taken away, it counts back."""
    before, customer = running.count(), running.customer_inside()
    with closing(sqlite3.connect(running.company.erp)) as erp:
        with erp:
            erp.execute(ORDER, [customer])
        assert running.count() == before - 1
        assert running.client.call("segment_why", key=SEGMENT, who=customer)["holds"] is False
        with erp:
            erp.execute("DELETE FROM workshop_orders WHERE order_no = 900001")
    assert running.count() == before
    assert running.client.call("segment_why", key=SEGMENT, who=customer)["holds"] is True


def test_nothing_of_the_erp_is_kept(running: Running) -> None:
    """An invoice's amount is shown when asked for, and is in none of Helder's files: as text, integer or float."""
    customer = running.customer_inside()
    with closing(sqlite3.connect(running.company.erp)) as erp, erp:
        erp.execute("INSERT INTO invoices VALUES (99999999, ?, NULL, ?, '2026-11-01', NULL)", [customer, INVOICE_CENTS])
    running.client.call("source_sync", key="erp")
    running.client.call("settle")
    assert running.count()
    shown = str(running.client.call("profile_show", who=customer)["timeline"])
    assert "86.753.091,23" in shown or "86753091.23" in shown, (
        "the sentinel is not even read: the test would prove nothing"
    )
    rule = (
        '{"live": "erp", "object": "invoice", "measure": "greatest", "field": "amount", '
        '"op": "at_least", "value": 80000000}'
    )
    assert running.client.call("segment_count", rule=rule)["total"] == 1
    kept = [path.name for path in running.server.data.rglob("*") if path.is_file() and _holds(path)]
    assert kept == []


def test_an_erp_that_cannot_be_asked_gives_no_number(running: Running) -> None:
    """While the ERP is locked or gone the segment is unavailable and says why; afterwards it is as before."""
    before = running.count()
    moved = running.company.erp.with_name("away.db")
    running.company.erp.rename(moved)
    try:
        answer = running.client.call("segment_count", key=SEGMENT)
        assert answer["total"] is None
        assert "erp" in answer["unavailable_because"]
    finally:
        moved.rename(running.company.erp)
    with closing(sqlite3.connect(running.company.erp, isolation_level=None)) as erp:
        erp.execute("PRAGMA locking_mode = EXCLUSIVE")
        erp.execute("BEGIN EXCLUSIVE")
        answer = running.client.call("segment_count", key=SEGMENT)
        assert answer["total"] is None
        assert "erp" in answer["unavailable_because"]
    assert running.count() == before


def _holds(path: Path) -> bool:
    """Tell whether a file holds the sentinel in any form in which a store would write it."""
    content = path.read_bytes()
    return any(form in content for form in _forms())


def _forms() -> Iterator[bytes]:
    for number in (INVOICE_CENTS, INVOICE_CENTS * 10_000):
        for order in ("little", "big"):
            yield number.to_bytes(8, order).strip(b"\0")
        yield str(number).encode()
    for amount in (INVOICE_CENTS / 100, float(INVOICE_CENTS)):
        yield struct.pack("<d", amount)
        yield struct.pack(">d", amount)
        yield f"{amount:.2f}".encode()
