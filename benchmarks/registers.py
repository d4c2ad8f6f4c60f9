"""Five registers of one million people: 5,000,000 records to find out who is who of, and to build golden records from.

    from registers import open_registers
    registers = open_registers()              # made when it is not there yet (two minutes), then kept
    registers = open_registers(small=True)    # 20,000 people, 100,000 records
    facts = registers.copy(folder).facts()    # a copy to work on

The facts hold identities, links, name keys and person records as importing five sources leaves them; nothing is derived
yet. A million people each have an account in the ERP, the shop, the newsletter, the service desk and the club. Of the
records 12% have no e-mail address, 60% no telephone number, 3% a slip in the surname, 10% of the ERP's only an initial;
5% of the people live with a partner whose telephone (and at times whose address) they share, 1% of the records carry an
office's address that some two hundred share, and 10,000 subscribers have one and the same address.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa

from helder.integrate.names import name_key
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.keys import identity_id

VERSION = 1
"""Grows when what is generated changes: what was kept is then made again."""
KEY = b"a key for benchmarks, not secret"
SQL = Path(__file__).resolve().parent / "registers_sql"
FIRST = [
    *(
        "Jan",
        "Piet",
        "Kees",
        "Bram",
        "Daan",
        "Sem",
        "Lars",
        "Tim",
        "Ruben",
        "Thijs",
        "Joost",
        "Koen",
        "Wouter",
        "Sander",
    ),
    *("Martijn", "Jeroen", "Hendrik", "Willem", "Pieter", "Johan", "Anna", "Sanne", "Emma", "Lotte", "Fleur", "Julia"),
    *("Eva", "Sophie", "Lisa", "Femke", "Marieke", "Esther", "Ingrid", "Petra", "Monique", "Linda", "Saskia", "Wilma"),
]
STEMS = [
    *("Bak", "Viss", "Smit", "Meij", "Muld", "Bosch", "Voss", "Pet", "Dekk", "Dijkstr", "Kok", "Jans", "Will", "Hend"),
    *("Brouw", "Koning", "Schut", "Post", "Veen", "Molen"),
]
MIDDLES = ("", "er", "en", "man", "ker", "sen", "stra", "huis", "berg", "dorp")
ENDS = ("s", "ma", "veld", "kamp", "hoek", "brink", "horst", "wijk", "hout", "man")


class Registers(msgspec.Struct, frozen=True, kw_only=True):
    """The registers, as a facts file."""

    folder: Path
    people: int

    @property
    def records(self) -> int:
        """How many records there are."""
        return self.people * 5

    def facts(self, memory_limit: str = "4GB", threads: int = 2) -> DuckDbFacts:
        """Open the facts."""
        return DuckDbFacts(self.folder / "facts.duckdb", memory_limit, threads)

    def copy(self, folder: Path) -> Registers:
        """Return a copy in ``folder``, in the place of whatever is there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(self.folder / "facts.duckdb", folder)
        return Registers(folder=folder, people=self.people)


def open_registers(*, small: bool = False, folder: Path | None = None) -> Registers:
    """Return the registers, made first when they are not there.

    Args:
        small: 20,000 people instead of a million.
        folder: where they are kept; by default in ``$HELDER_BENCH_DATA``, else in the user's cache.
    """
    root = folder or Path(os.environ.get("HELDER_BENCH_DATA", "~/.cache/helder-bench")).expanduser()
    name = f"registers-{'small' if small else 'large'}-{VERSION}"
    registers = Registers(folder=root / name, people=20_000 if small else 1_000_000)
    if not (registers.folder / "done").exists():
        make(registers)
    return registers


def make(registers: Registers) -> None:
    """Make the facts anew; the file ``done`` comes last."""
    start = time.perf_counter()
    shutil.rmtree(registers.folder, ignore_errors=True)
    registers.folder.mkdir(parents=True)
    registers.facts().close()
    config: dict[str, Any] = {"memory_limit": "4GB", "threads": 2, "preserve_insertion_order": False}
    with duckdb.connect(str(registers.folder / "facts.duckdb"), config=config) as connection:
        connection.execute(text("record"), {"people": registers.people, "first": FIRST, "last": surnames()})
        connection.register("identity_ids", identities(connection.execute(text("key")).to_arrow_table()))
        connection.register("name_keys", names(connection.execute(text("name")).to_arrow_table()))
        for table in ("identity", "person_record", "link", "name_key"):
            connection.execute(text(table))
        connection.execute("INSERT INTO watermark VALUES ('_batch', 5), ('receive', 0)")
    (registers.folder / "done").touch()
    print(f"    registers: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)


def surnames() -> list[str]:
    """Return 2,000 surnames of at least five letters."""
    return [stem + middle + end for stem, middle, end in product(STEMS, MIDDLES, ENDS)]


def identities(keys: pa.Table) -> pa.Table:
    """Return ``keys`` (kind, value) with their identity ids, as the product makes them."""
    pairs = zip(keys["kind"].to_pylist(), keys["value"].to_pylist(), strict=True)
    ids = pa.array((identity_id(kind, value, KEY) for kind, value in pairs), pa.int64(), size=len(keys))
    return keys.append_column("identity_id", ids)


def names(found: pa.Table) -> pa.Table:
    """Return names with their keys, as the product makes them."""
    firsts, infixes, lasts = (found[name].to_pylist() for name in ("first_name", "infix", "last_name"))
    made = [name_key(*row, "", KEY) for row in zip(firsts, infixes, lasts, strict=True)]
    for column, field in (("surname_key", "surname"), ("first_key", "first"), ("initial_key", "initial")):
        found = found.append_column(column, pa.array([getattr(each, field) for each in made], pa.int64()))
    return found.append_column("near", pa.array([each.near for each in made]))


def text(name: str) -> str:
    """Return a statement of ``registers_sql``."""
    return (SQL / f"{name}.sql").read_text("utf-8")


if __name__ == "__main__":
    print(open_registers(small="--small" in sys.argv).folder)
