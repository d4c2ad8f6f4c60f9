"""What can go wrong in the demo company."""

from __future__ import annotations

from typing import ClassVar


class DemoFault(Exception):
    """Something the demo company cannot get past; the message says how to mend it."""

    code: ClassVar[str] = "demo"
