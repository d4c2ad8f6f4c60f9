"""Coverage-guided fuzzing of what reads bytes from outside: ``python tools/fuzz.py SECONDS [FOLDER]``.

Needs atheris (https://github.com/google/atheris), which has no wheels for every Python. Seeds are the recorded requests
of real clients; what is found interesting is kept in FOLDER, so that a next run goes on from there. A finding ends the
run, with the input in a file; each becomes a test.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import atheris

with atheris.instrument_imports(include=["helder.collect", "helder.api"]):
    from helder.api.collect.body import unpacked
    from helder.api.collect.refused import Refused
    from helder.collect.dialects.dialect import MAX_BODY
    from helder.collect.dialects.paths import ROUTES
    from helder.collect.event import Entry, Event, Rejection
    from helder.collect.item import Item, Received
    from helder.collect.moment import EARLIEST, read_moment
    from helder.collect.parse import parse
    from helder.collect.plan.check import Checked
    from helder.collect.plan.definition import plan_of
    from helder.collect.plan.holding import held
    from helder.collect.rejects.reading import Reject, read_again
    from helder.errors import InvalidInput

import msgspec

ROOT = Path(__file__).resolve().parents[1]
RECORDED = ROOT / "tests/data/clients/requests.jsonl"
PATHS = sorted(ROUTES)
AT = datetime(2026, 11, 24, 10)  # noqa: DTZ001 - naive UTC, as in the stores
VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    1e308,
    2**63,
    10**400,
    "",
    "0",
    "null",
    "E",
    "x" * 200,
    "\ud83d",
    "\0",
)
EMPTY: tuple[dict[str, int], list[int]] = ({}, [])
VALUES += (*EMPTY, {"a": "1", "n": 2}, {"a": 1}, "1600-01-01T00:00:00Z", "2200-01-01", 1.7e12, "Googlebot/2.1", [[1]])
RECEIVED = Received(source="site", at=AT, request_id="r", user_agent="Mozilla/5.0")
_LARGEST = 2**63
WORDS = (
    *Item.__struct_encode_fields__,
    *(
        "batch",
        "page",
        "userAgent",
        "device",
        "consent",
        "categoryPreferences",
        "revenue",
        "value",
        "total",
        "currency",
    ),
    *("url", "id", "2026-11-24T10:00:00.000Z", "NaN", "1e400", "null", "undefined", "\\\\ud83d", "\\\\u0000"),
)
"""What the bodies are made of, for the fuzzer to put together."""


PLAN = Checked(
    plan_of({"source": "site", "mode": "enforce", "event": {"E": {"property": {"a": "text", "n": "number"}}}}), 1
)


def one(data: bytes) -> None:
    """Read ``data`` as the front door would: the first byte chooses the path."""
    route, body = ROUTES[PATHS[data[0] % len(PATHS)] if data else PATHS[0]], data[1:]
    try:
        body = unpacked(body, MAX_BODY)
    except Refused:
        return
    route.dialect.key(body, "")
    read_moment(body.decode("latin-1"))
    with suppress(InvalidInput, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        plan_of(msgspec.json.decode(body, type=dict[str, object]))
    parsed = parse(body, route.kind, RECEIVED, route.dialect)
    entry = Entry([], [parsed]) if isinstance(parsed, Rejection) else Entry(parsed.events, parsed.rejected)
    for event in entry.events:
        _sound(event)
    for rejection in entry.rejected:
        read_again(_kept(rejection))
    if msgspec.msgpack.decode(msgspec.msgpack.encode(entry), type=Entry) != entry:
        raise AssertionError("what is put into the inbox is not what comes out")
    _held(entry)


def _kept(rejection: Rejection) -> Reject:
    fields = {name: getattr(rejection, name) for name in rejection.__struct_fields__}
    return Reject(number=1, **fields)


def _held(entry: Entry) -> None:
    """Check that a plan loses nothing, and that what it refuses is read again as the event that it was."""
    kept = held(entry, PLAN, from_page=True)
    if len(kept.events) + len(kept.rejected) != len(entry.events) + len(entry.rejected):
        raise AssertionError("a plan lost an event")
    again = [read_again(_kept(each)) for each in kept.rejected[len(entry.rejected) :]]
    events = [event for parsed in again if not isinstance(parsed, Rejection) for event in parsed.events]
    refused = [event for event in entry.events if event not in kept.events]
    if [msgspec.structs.replace(each, original_at=None) for each in events] != [
        msgspec.structs.replace(each, original_at=None) for each in refused
    ]:
        raise AssertionError("what was refused is not read again as it was")


def _sound(event: Event) -> None:
    """Check that every later stage can hold ``event``."""
    if not EARLIEST <= event.at <= AT:
        raise AssertionError("a moment outside of what is possible")
    if event.value_micros is not None and not -_LARGEST <= event.value_micros < _LARGEST:
        raise AssertionError("a value that no column holds")
    if not (event.user_id or event.anonymous_id or event.previous_id):
        raise AssertionError("an event of nobody")
    if not event.message_id or len(event.message_id) > 99:
        raise AssertionError("an event without a usable messageId")
    for text in (event.properties, event.context):
        if not isinstance(json.loads(text), dict):
            raise AssertionError("properties and context are objects")  # noqa: TRY004 - not about a type of ours


def mutated(data: bytes, most: int, seed: int) -> bytes:
    """Return ``data`` changed: half of the time as JSON, one value in it, since few changed bytes are JSON still."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    try:
        if chance.random() < 0.5:
            raise ValueError
        tree = json.loads(data[1:])
        places = list(_places(tree))
        holder, key = chance.choice(places)
        holder[key] = chance.choice([*VALUES, chance.choice(places)[0]])
        return bytes([chance.choice([data[0], chance.randrange(256)])]) + json.dumps(tree).encode()[: most - 1]
    except (ValueError, RecursionError, IndexError):
        changed: bytes = atheris.Mutate(data, most)
        return changed


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place in a JSON value, as what holds it and its key or index."""
    pairs = list(tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ())
    for key, value in pairs:
        yield tree, key
        yield from _places(value)


def seeds(folder: Path) -> None:
    """Write the recorded requests into ``folder``, each with the byte for its kind."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(RECORDED.read_text("utf-8").splitlines()):
        request: dict[str, Any] = json.loads(line)
        body = request["body"]
        path = request["path"].rstrip("/")
        if path in PATHS:
            (folder / f"recorded-{number}").write_bytes(bytes([PATHS.index(path)]) + json.dumps(body).encode())
    (folder / "words.dict").write_text("".join(f'"\\"{word}\\""\n' for word in WORDS))


def main() -> None:
    """Fuzz for some seconds."""
    seconds, folder = sys.argv[1], Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / ".fuzz")
    seeds(folder)
    options = [
        f"-dict={folder}/words.dict",
        f"-max_total_time={seconds}",
        "-report_slow_units=60",
        f"-max_len={MAX_BODY // 64}",
        f"-artifact_prefix={folder}/finding-",
    ]
    atheris.Setup([sys.argv[0], *options, str(folder)], one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
