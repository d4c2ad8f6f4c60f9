"""An independent reading of rules: plain Python over plain lists, one profile at a time. Shares no code with Helder's.

Written from docs/reference/rules.md. It reads the rule's JSON, not the parsed tree.
"""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

UNITS = {"minutes": 1, "hours": 60, "days": 1440, "weeks": 10080}
UNPAID = {"open", "unpaid", "cancelled", "refunded", "trial", "gift", "return"}
TABLES = {"order": "orders", "return": "orders", "ticket": "ticket", "subscription": "subscription"}
FIRST = datetime.fromisoformat("0001-01-01")
MONEY = {"amount"}
COLUMNS = {"status", "kind", "at", "ends_at", "closed_at", "title"}


def members(rule: dict[str, Any], world: dict[str, list[dict[str, Any]]], now: datetime, soft: set[str]) -> set[int]:
    """Return the profiles of ``world`` that meet ``rule``."""
    profiles = {row["profile_id"] for row in world["identity_profile"]}
    return {profile for profile in profiles if holds(rule, Person(world, profile), now, soft)}


class Person:
    """All rows of one profile."""

    def __init__(self, world: dict[str, list[dict[str, Any]]], profile: int) -> None:
        self.identities = {r["identity_id"] for r in world["identity_profile"] if r["profile_id"] == profile}
        self.world = world
        self.record = next((r for r in world["profile"] if r["profile_id"] == profile), {})

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [r for r in self.world[table] if r["identity_id"] in self.identities and r.get("until_batch") is None]


def holds(rule: dict[str, Any], person: Person, now: datetime, soft: set[str]) -> bool:
    if "all" in rule:
        return all(holds(child, person, now, soft) for child in rule["all"])
    if "any" in rule:
        return any(holds(child, person, now, soft) for child in rule["any"])
    if "none" in rule:
        return not any(holds(child, person, now, soft) for child in rule["none"])
    if "attribute" in rule:
        return compare(person.record.get(rule["attribute"]), rule, now)
    if "behaviour" in rule:
        return behaviour(rule, person, now)
    if "sequence" in rule:
        return sequence(rule, person, now)
    if "aggregate" in rule:
        return aggregate(rule, person, now)
    return permission(rule, person, now, soft)


def behaviour(rule: dict[str, Any], person: Person, now: datetime) -> bool:
    n = len([e for e in events(rule["behaviour"], rule.get("where", []), person, now) if inside(e["at"], rule, now)])
    op, times = rule.get("op", "at_least"), rule.get("times", 1)
    return {"at_least": n >= times, "at_most": n <= times, "exactly": n == times, "never": n == 0}[op]


def events(name: str, where: list[dict[str, Any]], person: Person, now: datetime) -> list[dict[str, Any]]:
    named = [
        e for e in person.rows("event_tail") if (e["type"] == "page" if name == "Page Viewed" else e["name"] == name)
    ]
    return [
        e for e in named if all(compare(scalar(json.loads(e["properties"]).get(w["field"])), w, now) for w in where)
    ]


def sequence(rule: dict[str, Any], person: Person, now: datetime) -> bool:
    within = span(rule["within"])
    negated = "then_not" in rule
    thens = events(rule["then_not" if negated else "then"], rule.get("then_where", []), person, now)
    for first in events(rule["sequence"], rule.get("where", []), person, now):
        begin = first["at"]
        if not inside(begin, rule, now) or (negated and begin + within > now):
            continue
        followed = any(begin < t["at"] <= begin + within and t["at"] <= now for t in thens)
        if followed != negated:
            return True
    return False


def aggregate(rule: dict[str, Any], person: Person, now: datetime) -> bool:
    kept = [row for row in person.rows(TABLES[rule["aggregate"]]) if counts(row, rule, now)]
    measure = rule.get("measure", "count")
    if measure == "count":
        return compare(len(kept), counted(rule), now)
    if measure == "days":
        return compare(len({row["at"].date() for row in kept if row["at"]}), counted(rule), now)
    pairs = [(row["at"] or FIRST, row["record_key"], field(row, rule["field"])) for row in kept]
    pairs = sorted((p for p in pairs if p[2] is not None), key=lambda p: p[:2])
    values = [p[2] for p in pairs]
    if measure == "sum":
        return compare(sum(values), rule, now)
    if not values:
        return compare(None, rule, now)
    found = {
        "average": lambda: sum(values) / len(values),
        "least": lambda: min(values),
        "greatest": lambda: max(values),
    }
    last_first = {"last": lambda: values[-1], "first": lambda: values[0]}
    return compare((found | last_first)[measure](), rule, now)


def counts(row: dict[str, Any], rule: dict[str, Any], now: datetime) -> bool:
    """Return whether a record is one of those that are measured."""
    if rule["aggregate"] in ("order", "return") and (row["kind"] == "return") != (rule["aggregate"] == "return"):
        return False
    undated = row["at"] is None and not {"in_last", "since", "until"} & set(rule)
    if not undated and not inside(row["at"], rule, now):
        return False
    return all(compare(field(row, w["field"]), w, now) for w in rule.get("where", []))


def counted(rule: dict[str, Any]) -> dict[str, Any]:
    op = rule.get("op", "at_least")
    if op == "never":
        return {"op": "is", "value": 0}
    return {"op": "is" if op == "exactly" else op, "value": rule.get("value", 1)}


def permission(rule: dict[str, Any], person: Person, now: datetime, soft: set[str]) -> bool:
    latest: dict[int, tuple[datetime, bool]] = {}
    for row in person.rows("consent"):
        about = row["purpose"] == rule["permission"] and row["channel"] in (rule.get("by", "email"), "", None)
        about = about and row["title"] in (rule.get("title", ""), "", None)
        if about and row["at"] <= now and row["choice"] in ("yes", "no"):
            choice = (row["at"], row["choice"] == "no")
            latest[row["identity_id"]] = max(choice, latest.get(row["identity_id"], choice))
    if latest:
        return not any(no for _, no in latest.values())
    paid = [r for t in ("orders", "subscription") for r in person.rows(t) if r["at"] is not None and r["at"] <= now]
    paid = [r for r in paid if not {r["status"], r["kind"]} & UNPAID and (r["amount_micros"] or 0) > 0]
    return rule["permission"] in soft and bool(paid)


def field(row: dict[str, Any], name: str) -> Any:
    if name in MONEY:
        micros = row[f"{name}_micros"]
        return None if micros is None else micros / 1e6
    if name in COLUMNS:
        return row[name]
    return scalar(json.loads(row["extra"]).get(name)) if row["extra"] else None


def scalar(value: Any) -> Any:
    """Return a scalar of JSON as its text."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def inside(at: datetime | None, rule: dict[str, Any], now: datetime) -> bool:
    if at is None or at > now:
        return False
    if "in_last" in rule:
        return at > now - span(rule["in_last"])
    return not (("since" in rule and at < moment(rule["since"])) or ("until" in rule and at >= moment(rule["until"])))


def compare(value: Any, rule: dict[str, Any], now: datetime) -> bool:
    op, wanted = rule.get("op", "is"), rule.get("value")
    opposite = {"is_not": "is", "not_in": "in", "not_contains": "contains", "not_set": "set"}
    if op in opposite:
        return not compare(value, {"op": opposite[op], "value": wanted}, now)
    if op == "set":
        return value is not None and value != ""
    value = read(value, op, wanted)
    if value is None:
        return False
    if op in ("in_last", "in_next"):
        length = span(wanted)
        return now - length < value <= now if op == "in_last" else now < value <= now + length
    return {
        "is": lambda: value == wanted,
        "in": lambda: value in wanted,
        "contains": lambda: wanted.lower() in value.lower(),
        "starts_with": lambda: value.lower().startswith(wanted.lower()),
        "at_least": lambda: value >= wanted,
        "at_most": lambda: value <= wanted,
        "more_than": lambda: value > wanted,
        "less_than": lambda: value < wanted,
        "between": lambda: wanted[0] <= value <= wanted[1],
        "before": lambda: value < moment(wanted),
        "after": lambda: value >= moment(wanted),
    }[op]()


def read(value: Any, op: str, wanted: Any) -> Any:
    """Read a value as the type of what it is compared with; null when it cannot be."""
    if value is None:
        return None
    if op in ("before", "after", "in_last", "in_next"):
        return datetime.combine(value, FIRST.time()) if type(value) is date else value
    first = wanted[0] if isinstance(wanted, list) else wanted
    if isinstance(first, bool):
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value))
    if isinstance(first, int | float) and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return str(value) if isinstance(first, str) else value


def span(text: str) -> timedelta:
    number, unit = text.split()
    return timedelta(minutes=int(number) * UNITS[unit])


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
