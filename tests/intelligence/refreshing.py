"""A company whose segments are kept true, with what may happen to it: what the tests of refreshing share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from tests.intelligence import worlds
from tests.intelligence.worlds import NOW, add, aware, engine_of

from helder.intelligence.refresh import Refresh
from helder.intelligence.segments.definitions import Segments
from helder.store.facts.duckdb.engine import DuckDbFacts
from helder.store.project import Project
from helder.store.projections.hot import Hot
from helder.store.projections.online import Online
from helder.store.state import create_all, open_state


class Company:
    """Facts, what the oracle knows of them, and the stage."""

    def __init__(self, folder: Path, *, projected: bool) -> None:
        self.facts = DuckDbFacts(":memory:", threads=1)
        self.state = open_state(folder / "state.db")
        create_all(self.state)
        self.segments = Segments(self.state)
        self.online = Online(folder / "online.db")
        self.hot = Hot(folder / "hot.db") if projected else None
        self.project = Project(self.facts, self.hot, self.online) if self.hot else None
        seen = {"hot": self.hot, "online": self.online} if projected else {}
        self.engine = engine_of(self.facts, self.segments.rule, **seen)
        self.stage = Refresh(self.facts, self.segments, self.online, self.engine, self.hot)
        self.world: dict[str, list[dict[str, Any]]] = {name: [] for name in worlds.TABLES}
        self.now = NOW

    def come(self, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Write rows as one batch."""
        with self.facts.write() as batch:
            for table in worlds.TABLES:
                if rows.get(table):
                    add(batch, table, rows[table])
                    self.world[table] += rows[table]

    def change(self, what: dict[str, Any]) -> None:
        """Let something happen."""
        self.now += what["after"]
        self.come({name: what[name] for name in ("event_tail", "orders", "consent")})
        if what["ends"] and self.world["orders"]:
            self.end(self.world["orders"][0])
        if what["moves"]:
            self.move(*what["moves"])
        if what["maintain"]:
            self.facts.maintain()

    def end(self, record: dict[str, Any]) -> None:
        """A newer version of the oldest record takes its place."""
        fresh = {**record, "status": "open"}
        same = [r for r in self.world["orders"] if r["record_key"] == record["record_key"]]
        with self.facts.write() as batch:
            batch.supersede("orders", pa.table({"source": ["s"], "record_key": [record["record_key"]]}))
            add(batch, "orders", [fresh])
        for old in same:
            old["until_batch"] = 1
        self.world["orders"] = [r for r in self.world["orders"] if r["until_batch"] is None] + [fresh]

    def move(self, identity: int, profile: int) -> None:
        """An identity goes over to another profile: a merge or a split, as the stage *resolve* writes them."""
        touched = {r["profile_id"] for r in self.world["identity_profile"] if r["identity_id"] == identity} | {profile}
        who = [r for r in self.world["identity_profile"] if r["identity_id"] != identity]
        self.world["identity_profile"] = [*who, {"identity_id": identity, "profile_id": profile}]
        fresh = [r for r in self.world["identity_profile"] if r["profile_id"] in touched]
        there = {r["profile_id"] for r in fresh}
        golden = [r for r in self.world["profile"] if r["profile_id"] in there]
        with self.facts.write() as batch:
            batch.delete("identity_profile", "identity_id", pa.array([r["identity_id"] for r in fresh]))
            batch.delete("profile", "profile_id", pa.array(sorted(touched)))
            add(batch, "identity_profile", fresh)
            add(batch, "profile", golden)

    def refresh(self) -> int:
        """Run the stages."""
        if self.project:
            self.project.run(aware(self.now))
        return self.stage.run(aware(self.now))

    def close(self) -> None:
        self.facts.close()
        self.state.close()
        self.online.close()
        if self.hot:
            self.hot.close()
