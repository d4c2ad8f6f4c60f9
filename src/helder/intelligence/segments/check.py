"""A rule against the catalogue: everything it names exists, and is compared as its type allows."""

from __future__ import annotations

from helder.intelligence.segments.fault import nearest, refuse
from helder.intelligence.segments.rule import (
    Aggregate,
    Attribute,
    Behaviour,
    Condition,
    Leaf,
    Live,
    Rule,
    Sequence,
    leaves,
)
from helder.intelligence.segments.vocabulary import PROFILE_KINDS, Catalogue, ObjectEntry, place

_TEXT = frozenset(("is", "is_not", "in", "not_in", "contains", "not_contains", "starts_with", "set", "not_set"))
_NUMBER = frozenset(("is", "is_not", "in", "not_in", "at_least", "at_most", "more_than", "less_than", "between"))
_TIME = frozenset(("before", "after", "in_last", "in_next", "set", "not_set"))
_BOTH = frozenset(("set", "not_set"))
_ALLOWED: dict[str, frozenset[str]] = {
    "text": _TEXT,
    "choice": _TEXT,
    "number": _NUMBER | _BOTH,
    "money": _NUMBER | _BOTH,
    "time": _TIME,
    "date": _TIME | {"is", "is_not"},
    "flag": frozenset(("is", "is_not")) | _BOTH,
}
_NUMERIC = frozenset(("number", "money"))


def check(rule: Rule, catalogue: Catalogue) -> None:
    """Make sure that ``rule`` can be asked.

    Raises:
        RuleError: naming the node, and the nearest thing that does exist.
    """
    for path, leaf in leaves(rule):
        _check_leaf(leaf, path, catalogue)


def _check_leaf(leaf: Leaf, path: str, catalogue: Catalogue) -> None:
    match leaf:
        case Attribute():
            _check_attribute(leaf, path)
        case Behaviour():
            _check_event(leaf.event, f"{path}.behaviour", catalogue)
        case Sequence():
            _check_event(leaf.first, f"{path}.sequence", catalogue)
            _check_event(leaf.then, f"{path}.{'then_not' if leaf.negated else 'then'}", catalogue)
        case Aggregate():
            _check_aggregate(leaf, f"{path}.aggregate", path, catalogue)
        case Live():
            _check_live(leaf, path, catalogue)
        case _:
            return


def _check_attribute(leaf: Attribute, path: str) -> None:
    """A field of the golden record exists and has a type that allows the comparison."""
    field = leaf.test.field
    if field not in PROFILE_KINDS:
        refuse(f"{path}.attribute", f"{field!r} is no field of the golden record. {nearest(field, PROFILE_KINDS)}")
    _check_test(leaf.test, PROFILE_KINDS[field], path)


def _check_event(name: str, path: str, catalogue: Catalogue) -> None:
    """An event is in the catalogue."""
    if name not in catalogue.events:
        hint = nearest(name, catalogue.events)
        refuse(
            path, f"{name!r} is no event in the catalogue; name it in a mapping file under [[event]]. {hint}".rstrip()
        )


def _check_aggregate(leaf: Aggregate, at: str, path: str, catalogue: Catalogue) -> None:
    """An object is copied to the facts, and its fields exist."""
    entry = _object(leaf, at, catalogue)
    if not entry.table:
        refuse(at, f"{leaf.object!r} lies in live sources only; ask it with live and the name of the source.")
    for test, where in _tests(leaf, path):
        found = place(entry, test.field)
        if found is None:
            refuse(where, f"{leaf.object} has no field {test.field!r}. {nearest(test.field, entry.fields)}".rstrip())
        _check_kind(leaf, test, found.kind, path, where)


def _check_live(leaf: Live, path: str, catalogue: Catalogue) -> None:
    """An object of a live source is in the catalogue, and its fields exist."""
    entry = _object(leaf.question, f"{path}.object", catalogue)
    for test, where in _tests(leaf.question, path):
        if test.field not in entry.fields:
            known = nearest(test.field, entry.fields)
            refuse(where, f"{leaf.question.object} has no field {test.field!r}. {known}".rstrip())
        _check_kind(leaf.question, test, entry.fields[test.field].type, path, where)


def _object(leaf: Aggregate, path: str, catalogue: Catalogue) -> ObjectEntry:
    if leaf.object not in catalogue.objects:
        refuse(
            path, f"{leaf.object!r} is no object in the catalogue. {nearest(leaf.object, catalogue.objects)}".rstrip()
        )
    return catalogue.objects[leaf.object]


def _tests(leaf: Aggregate, path: str) -> list[tuple[Condition, str]]:
    """Return every comparison of a field with the path of the field's name."""
    found = [(test, f"{path}.where[{n}].field") for n, test in enumerate(leaf.where)]
    return found + ([(leaf.test, f"{path}.field")] if leaf.test.field else [])


def _check_kind(leaf: Aggregate, test: Condition, kind: str, path: str, where: str) -> None:
    """The type of a field allows the comparison, and the measure when it is the one measured."""
    if test is not leaf.test:
        _check_test(test, kind, where.removesuffix(".field"))
        return
    if leaf.measure in ("sum", "average") and kind not in _NUMERIC | {"raw"}:
        refuse(where, f"the {leaf.measure} of a {kind} cannot be taken; name a field that is a number or money.")
    _check_test(test, kind, path)


def _check_test(test: Condition, kind: str, path: str) -> None:
    """A comparison suits the type of what it compares. What only the source knows (raw) may be compared anyhow."""
    allowed = _ALLOWED.get(kind)
    if allowed is None:
        return
    if test.op not in allowed:
        known = ", ".join(sorted(allowed))
        refuse(f"{path}.op", f"{test.field} is a {kind}, which {test.op!r} does not compare; use one of {known}.")
    if kind in _NUMERIC and test.op not in _BOTH and not _is_numeric(test.value):
        refuse(f"{path}.value", f"{test.field} is a {kind}; compare it with a number.")
    if kind == "flag" and test.op not in _BOTH and not isinstance(test.value, bool):
        refuse(f"{path}.value", f"{test.field} is true or false; compare it with true or false.")


def _is_numeric(value: object) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in values)
