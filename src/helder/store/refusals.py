"""Why a file of ours cannot be used. Nothing is ever changed in a file that is refused."""

from __future__ import annotations

from typing import ClassVar

from helder.errors import HelderError


class NewerData(HelderError):
    """A newer version of Helder has worked in this data folder; this one does not know its tables."""

    code: ClassVar[str] = "newer-data"


class DamagedData(HelderError):
    """A file is no database, or its pages contradict each other."""

    code: ClassVar[str] = "damaged-data"
