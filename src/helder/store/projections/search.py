"""Finding people as somebody types: an index of the words of names, addresses and numbers, in ``online`` (SQLite FTS5).

Triggers on ``profile`` note who changed; ``catch_up`` then renews the index a chunk at a time, so that it is derived
like everything here. Words are folded (no accents, no capitals); a word that nobody has is taken for a slip of the
finger and replaced by the nearest words that somebody has.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Sequence

from helder.store.projections.rows import to_json

CHUNK = 2_000
"""People renewed in one transaction."""
SHORTEST = 2
"""Letters of a word that is looked for; one letter fits nearly everybody."""

TABLES: tuple[str, ...] = (
    "CREATE TABLE IF NOT EXISTS search_text (profile_id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    """CREATE VIRTUAL TABLE IF NOT EXISTS search USING fts5(text, content='search_text', content_rowid='profile_id',
    detail=none, prefix='2 3', tokenize='unicode61 remove_diacritics 0')""",
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_word USING fts5vocab('search', 'row')",
    "CREATE TABLE IF NOT EXISTS search_waiting (profile_id INTEGER PRIMARY KEY)",
    # Not OR IGNORE: the statement that fires a trigger decides what a conflict within does, and an upsert aborts.
    """CREATE TRIGGER IF NOT EXISTS search_added AFTER INSERT ON profile
    WHEN NOT EXISTS (SELECT 1 FROM search_waiting WHERE profile_id = new.profile_id) BEGIN
    INSERT INTO search_waiting VALUES (new.profile_id); END""",
    """CREATE TRIGGER IF NOT EXISTS search_changed AFTER UPDATE ON profile
    WHEN NOT EXISTS (SELECT 1 FROM search_waiting WHERE profile_id = new.profile_id) BEGIN
    INSERT INTO search_waiting VALUES (new.profile_id); END""",
    """CREATE TRIGGER IF NOT EXISTS search_gone AFTER DELETE ON profile
    WHEN NOT EXISTS (SELECT 1 FROM search_waiting WHERE profile_id = old.profile_id) BEGIN
    INSERT INTO search_waiting VALUES (old.profile_id); END""",
    # A file from before there was an index is indexed whole.
    """INSERT OR IGNORE INTO search_waiting SELECT profile_id FROM profile
    WHERE NOT EXISTS (SELECT 1 FROM search_text)""",
)
"""What makes the index where it is not there; ``profile`` must be."""

_WAITING = "SELECT profile_id FROM search_waiting ORDER BY profile_id LIMIT ?"
_PEOPLE = """
SELECT p.profile_id, coalesce(p.display_name, ''), coalesce(p.first_name, ''), coalesce(p.infix, ''),
    coalesce(p.last_name, ''), coalesce(p.email, ''), coalesce(p.phone, ''),
    (SELECT json_group_array(i.kind || ' ' || i.value) FROM identity_profile AS m JOIN identity AS i USING (identity_id)
     WHERE m.profile_id = p.profile_id AND (i.kind IN ('email', 'phone', 'loyalty') OR i.kind LIKE 'customer:%'
     OR i.kind LIKE 'user:%'))
FROM profile AS p WHERE p.profile_id IN (SELECT value FROM json_each(?))
"""
_OLD = "SELECT profile_id, text FROM search_text WHERE profile_id IN (SELECT value FROM json_each(?))"
_UNINDEX = "INSERT INTO search (search, rowid, text) VALUES ('delete', ?, ?)"
_FORGET_TEXT = "DELETE FROM search_text WHERE profile_id IN (SELECT value FROM json_each(?))"
_FIND = "SELECT rowid FROM search WHERE search MATCH ? LIMIT ?"
_TEXTS = "SELECT s.profile_id, s.text FROM search_text AS s JOIN profile USING (profile_id) WHERE s.profile_id IN (SELECT value FROM json_each(?))"  # noqa: E501 - one statement
_NEAR = """
SELECT term FROM search_word WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?
AND NOT (? AND term GLOB '*[0-9]*') LIMIT 20000
"""
_INFIXES = frozenset(("van", "de", "den", "der", "vd", "ter", "ten", "te", "het", "op", "in", "la", "le", "von", "zu"))
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_WORD = re.compile(r"[^\W_]+")
_DIALLED = re.compile(r"[\d\s()+./-]+")


def catch_up(connection: sqlite3.Connection, most: int = CHUNK) -> int:
    """Renew the index for at most ``most`` people who changed, within a transaction; return how many."""
    waiting = [row[0] for row in connection.execute(_WAITING, (most,))]
    if not waiting:
        return 0
    forget(connection, waiting)
    rows = [(row[0], _text(row[1:])) for row in connection.execute(_PEOPLE, (to_json(waiting),))]
    connection.executemany("INSERT INTO search_text VALUES (?, ?)", rows)
    connection.executemany("INSERT INTO search (rowid, text) VALUES (?, ?)", rows)
    connection.execute("DELETE FROM search_waiting WHERE profile_id IN (SELECT value FROM json_each(?))",
                       (to_json(waiting),))  # fmt: skip
    return len(waiting)


def forget(connection: sqlite3.Connection, profile_ids: Sequence[int]) -> None:
    """Take people out of the index."""
    ids = to_json(profile_ids)
    connection.executemany(_UNINDEX, connection.execute(_OLD, (ids,)).fetchall())
    connection.execute(_FORGET_TEXT, (ids,))


def scrub(connection: sqlite3.Connection) -> None:
    """Write the index anew without what was taken out of it: for erasure. Seconds when there are many people."""
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")


def find(connection: sqlite3.Connection, text: str, limit: int = 20) -> list[int]:
    """Return the profiles that ``text`` means, the best first: each of its words begins a word of theirs.

    A telephone number is found however it is written. When nobody fits, particles (*van den*) are left out, then slips
    of the finger are put right.
    """
    asked = words_of(text)
    if not asked:
        return []
    for attempt in (asked, [word for word in asked if word not in _INFIXES]):
        if attempt and (found := _beginning(connection, attempt, limit)):
            return found
    nearest = [near for word in asked if word not in _INFIXES and (near := _nearest(connection, word))]
    return _ranked(connection, _match(connection, _all_of(nearest), limit * 5), asked)[:limit] if nearest else []


def words_of(text: str) -> list[str]:
    """Return the words of what was typed, folded; those that are too short to look for are left out."""
    if _DIALLED.fullmatch(text) and len(digits := re.sub(r"\D", "", text)) >= 6:
        return [digits.removeprefix("00").removeprefix("0")]
    found = _WORD.findall(folded(text))
    return [word for word in found if len(word) >= SHORTEST][:8]


def folded(text: str) -> str:
    """Return ``text`` without accents and capitals."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in apart if not unicodedata.combining(char)).translate(_PLAIN)


def _text(row: Sequence[str]) -> str:
    """Return the words of one person; telephone numbers with and without their country."""
    *names, phone, identities = row
    found = _WORD.findall(folded(" ".join([*names, phone, identities.replace(":", " ")])))
    national = [word[2:] for word in found if word.isdigit() and len(word) >= 10]
    return " ".join(dict.fromkeys([*found, *national]))


def _beginning(connection: sqlite3.Connection, words: Sequence[str], limit: int) -> list[int]:
    """Return who has all ``words`` whole, then who has words that begin with them."""
    whole = _match(connection, " AND ".join(f'"{word}"' for word in words), limit * 5)
    begun = _match(connection, " AND ".join(f'"{word}"*' for word in words), limit * 5)
    return _ranked(connection, [*whole, *begun], words)[:limit]


def _match(connection: sqlite3.Connection, question: str, limit: int) -> list[int]:
    return [row[0] for row in connection.execute(_FIND, (question, limit))]


def _all_of(nearest: Sequence[Sequence[str]]) -> str:
    return " AND ".join("(" + " OR ".join(f'"{word}"' for word in words) + ")" for words in nearest)


def _ranked(connection: sqlite3.Connection, ids: Sequence[int], words: Sequence[str]) -> list[int]:
    """Return ``ids`` with most whole words first, then the shortest; people who are gone are left out."""
    texts = connection.execute(_TEXTS, (to_json(list(dict.fromkeys(ids))),)).fetchall()
    wanted = set(words)
    return [row[0] for row in sorted(texts, key=lambda row: (-len(wanted & set(row[1].split())), len(row[1]), row[0]))]


def _nearest(connection: sqlite3.Connection, word: str) -> list[str]:
    """Return the words that are one slip away from ``word`` (two when it is long) and begin as it does.

    *As it does*: with its first two letters, or with its first and its third, where the second was added or swapped.
    """
    slips = 2 if len(word) >= 8 else 1
    found: set[tuple[int, str]] = set()
    for begin in {word[:2], word[0] + word[2:3]}:
        bounds = (begin, begin + "\U0010ffff", len(word) - slips, len(word) + slips, word.isalpha())
        near = [row[0] for row in connection.execute(_NEAR, bounds)]
        found |= {(apart, term) for term in near if (apart := distance(word, term, slips)) <= slips}
    return [term for _, term in sorted(found)[:20]]


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters were missed, added, changed or swapped; ``most + 1`` when it is more than ``most``.

    Source: optimal string alignment, Damerau (1964).
    """
    if len(set(one) ^ set(other)) > 2 * most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)
