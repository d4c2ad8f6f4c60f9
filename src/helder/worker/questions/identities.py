"""Questions about everyone at once: build the derived tables again, and give the identities out."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO

from helder.errors import InvalidInput
from helder.integrate.rebuild import Rebuilt, rebuild
from helder.integrate.resolve import read_survival
from helder.store.facts.schema import table
from helder.wiring.house import House
from helder.worker.answering import Handler


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers."""

    def rebuild_all(progress: Callable[[Any], None]) -> Rebuilt:
        """Throw away what is derived and build it again from the facts: the same tables come out."""
        return rebuild(house.facts, lambda: read_survival(house.state), lambda what, share: progress((what, share)))

    def identities_export(path: str) -> int:
        """Write every identity with its profile and segments to the CSV file ``path``; return the rows written.

        One row an identity: profile_id, kind, value, segments (keys joined with ``|``).
        """
        names = _segment_names(house)
        who, known = table("identity_profile"), table("identity")
        joined = known.join(who, "identity_id").select(who.profile_id, known.kind, known.value)
        rows = house.facts.read(joined.order_by(["profile_id", "kind", "value"]))
        with _made(Path(path)) as file:
            writer = csv.writer(file)
            writer.writerow(("profile_id", "kind", "value", "segments"))
            columns = (rows.column(name).to_pylist() for name in ("profile_id", "kind", "value"))
            writer.writerows((*row, names.get(row[0], "")) for row in zip(*columns, strict=True))
        return rows.num_rows

    return {"rebuild": rebuild_all, "identities_export": identities_export}


def _made(path: Path) -> TextIO:
    """Return the file ``path``, new and empty."""
    try:
        return path.open("w", newline="", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}; give another file") from error


def _segment_names(house: House) -> dict[int, str]:
    """Return the keys of the segments that each profile is in, joined with ``|``."""
    found: dict[int, list[str]] = {}
    for segment in house.segments.all():
        for profile in house.online.members(segment.id).tolist():
            found.setdefault(profile, []).append(segment.key)
    return {profile: "|".join(keys) for profile, keys in found.items()}
