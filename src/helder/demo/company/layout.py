"""Where the company's files lie, and what was made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

SITES = ("site-tuin", "site-keuken", "site-pad")
HOSTS = ("tuin.lentehof.example", "keuken.lentehof.example", "pad.lentehof.example")
TITLES = ("tuin", "keuken", "pad")
LINK_SECRET = "lentehof-newsletter-links-2f7c91"  # noqa: S105 - the made-up company's own, for its demo links
WRITE_KEYS = ("wk_tuin_7d1f0c", "wk_keuken_b26a55", "wk_pad_e930d8")


class Company(msgspec.Struct, frozen=True):
    """A generated company: how it was made, how much of it there is, and where it lies.

    ``as_of`` is aware UTC; everything in the company happened before it. ``records`` counts the rows of all source
    files and tables, ``events`` the web events that wait to be sent, bots included.
    """

    folder: str
    people: int
    seed: int
    as_of: datetime
    records: int
    events: int
    starters: int
    right: int

    @property
    def sources(self) -> Path:
        """The folder with all that Helder may see as files."""
        return Path(self.folder) / "sources"

    @property
    def truth(self) -> Path:
        """The folder that Helder must never see."""
        return Path(self.folder) / "truth"

    @property
    def traffic(self) -> Path:
        """The folder with the web events that browsers will send."""
        return Path(self.folder) / "traffic"

    @property
    def mails(self) -> Path:
        """The folder in which the catcher puts what it is given."""
        return Path(self.folder) / "mails"

    @property
    def erp(self) -> Path:
        """The SQLite database of the ERP."""
        return self.sources / "erp.db"


def save(company: Company) -> None:
    """Write down beside the truth what was made, for those who come later."""
    anywhere = msgspec.structs.replace(company, folder="")  # a company may be moved
    (company.truth / "company.json").write_bytes(msgspec.json.encode(anywhere))


def open_company(folder: Path) -> Company:
    """Return the company that was generated in ``folder``.

    Raises:
        FileNotFoundError: when none was.
    """
    made = msgspec.json.decode((folder / "truth" / "company.json").read_bytes(), type=Company)
    return msgspec.structs.replace(made, folder=str(folder))
