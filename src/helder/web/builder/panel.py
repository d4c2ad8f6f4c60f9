"""What stands beside the builder: how many, of whom, reachable how, worth what, some of them, and how to sharpen it."""

from __future__ import annotations

from typing import Any

import msgspec

from helder.errors import HelderError, InvalidInput
from helder.intelligence.segments.answer import Preview, Why
from helder.web.app import AnyRequest, pages_of
from helder.web.builder.choices import Choices
from helder.web.builder.tree import Node, to_rule
from helder.web.persons import Person, people_of
from helder.web.reader import reader_of
from helder.web.translate import Translator

_UNPAID = ["open", "unpaid", "cancelled", "refunded", "trial", "gift"]
_SPENT: dict[str, Any] = {
    "aggregate": "order",
    "measure": "sum",
    "field": "amount",
    "in_last": "365 days",
    "where": [{"field": "status", "op": "not_in", "value": _UNPAID}],
}
_NEARLY_ALL = 0.97


class Share(msgspec.Struct, frozen=True):
    """A part of those in the segment, beside the same part of everybody."""

    label: str
    people: int | None
    share: float
    everybody: float


class Idea(msgspec.Struct, frozen=True):
    """A rule that could be added, and how many it leaves."""

    label: str
    glyph: str
    operation: str
    people: int


class Panel(msgspec.Struct, frozen=True):
    """Everything that a change of the rule changes beside it."""

    preview: Preview | None
    fault: str
    """Why there is no answer; empty when there is."""
    counts: dict[str, int | None]
    """By node."""
    reach: list[Share]
    mix: list[Share]
    people: list[Person]
    ideas: list[Idea]
    limits: str
    """The node that leaves out the most; empty when none stands out."""
    keeps: frozenset[str]
    """Nodes that keep nearly everyone."""
    why: Why | None
    verdicts: dict[str, bool | None]
    """By node, of the person who is asked about."""
    words: str


async def panel_of(request: AnyRequest, root: Node, choices: Choices, who: str = "") -> Panel:
    """Return what stands beside the tree ``root``; ``who`` is the person that is asked about."""
    t = reader_of(request).t
    rule, paths = to_rule(root)
    reach, bands, ideas = _reach(choices), _bands(t), _ideas(t, choices, root)
    beside = [msgspec.json.encode(each).decode() for each in (*(r for _, r in reach), *(r for _, r in bands))]
    beside += [msgspec.json.encode(each).decode() for _, _, each in ideas]
    text = msgspec.json.encode(rule).decode()
    try:
        found: Preview = await pages_of(request).worker.call(
            "segment_preview", expect=Preview, rule=text, beside=beside
        )
        why = await _why(request, text, who)
    except HelderError as error:
        return _faulty(str(error))
    parts = _shares(found, [label for label, _ in (*reach, *bands)])
    counts = {node: found.counts.get(path) for node, path in paths.items()}
    return Panel(
        preview=found,
        fault=found.unavailable_because,
        counts=counts,
        reach=parts[: len(reach)],
        mix=parts[len(reach) :],
        people=people_of(request, t, found.sample) if reader_of(request).may("marketer") else [],
        ideas=_useful(found, ideas, len(parts), root),
        limits=_limiting(root, counts),
        keeps=frozenset(_keeping(root, counts, found.base)),
        why=why,
        verdicts=_verdicts(why, paths),
        words=found.words[t.language],
    )


async def _why(request: AnyRequest, rule: str, who: str) -> Why | None:
    """Return why the person is in it or is not; None when nobody is asked about, or they are gone."""
    if not who or not reader_of(request).may("marketer"):
        return None
    try:
        return await pages_of(request).worker.call("segment_why", expect=Why, rule=rule, who=who)
    except InvalidInput:
        raise
    except HelderError:
        return None


def _faulty(fault: str) -> Panel:
    nothing: frozenset[str] = frozenset()
    return Panel(None, fault, {}, [], [], [], [], "", nothing, None, {}, "")


def _reach(choices: Choices) -> list[tuple[str, dict[str, Any]]]:
    return [(label, {"permission": key, "by": "email"}) for key, label in choices.purposes]


def _bands(t: Translator) -> list[tuple[str, dict[str, Any]]]:
    """Return the bands of what people paid in a year, as rules."""
    upto = t.gettext("up to %(most)s")
    return [
        (t.gettext("nothing"), {"none": [_more_than(0)]}),
        (upto % {"most": t.money(100_000_000, whole=True)}, _between(0, 100)),
        (upto % {"most": t.money(500_000_000, whole=True)}, _between(100, 500)),
        (t.gettext("more"), _more_than(500)),
    ]


def _between(low: int, high: int) -> dict[str, Any]:
    return {"all": [_more_than(low), {"none": [_more_than(high)]}]}


def _more_than(amount: int) -> dict[str, Any]:
    return {**_SPENT, "op": "more_than", "value": amount}


def _ideas(t: Translator, choices: Choices, root: Node) -> list[tuple[str, str, dict[str, Any]]]:
    """Return rules that could be added: (label, sign, rule)."""
    events = dict(choices.events)
    found: list[tuple[str, str, dict[str, Any]]] = []
    if "Email Clicked" in events:
        clicked = {"behaviour": "Email Clicked", "op": "at_least", "times": 1, "in_last": "60 days"}
        found.append((t.gettext("Only who clicked an e-mail in the last 60 days"), "mail-open", clicked))
    bought = {"aggregate": "order", "measure": "count", "op": "at_least", "value": 2, "in_last": "365 days"}
    found.append((t.gettext("Only who ordered at least twice in a year"), "shopping-cart", bought))
    if choices.purposes:
        key, label = choices.purposes[0]
        may = t.gettext("Only who may be mailed for %(purpose)s") % {"purpose": label}
        found.append((may, "badge-check", {"permission": key, "by": "email"}))
    there = {msgspec.json.encode(child.raw, order="sorted") for child in root.children}
    return [each for each in found if msgspec.json.encode(each[2], order="sorted") not in there]


def _useful(found: Preview, ideas: list[tuple[str, str, dict[str, Any]]], first: int, root: Node) -> list[Idea]:
    """Return the ideas that leave somebody, and leave somebody out."""
    total = found.total or 0
    sized = zip(ideas, found.beside[first:], strict=True)
    return [
        Idea(label, glyph, f"sharpen:{root.id}:{msgspec.json.encode(raw).decode()}", people)
        for (label, glyph, raw), people in sized
        if people is not None and 0 < people < total
    ]


def _shares(found: Preview, labels: list[str]) -> list[Share]:
    total, base = found.total or 0, found.base
    count = len(labels)
    sized = zip(labels, found.beside[:count], found.beside_all[:count], strict=True)
    return [
        Share(label, people, (people or 0) / total if total else 0, (everybody or 0) / base if base else 0)
        for label, people, everybody in sized
    ]


def _limiting(root: Node, counts: dict[str, int | None]) -> str:
    """Return the part of an *all* group that the fewest meet, when there is a choice."""
    if root.match != "all" or len(root.children) < 2:
        return ""
    known = [(count, child.id) for child in root.children if (count := counts.get(child.id)) is not None]
    return min(known)[1] if len(known) > 1 and min(known)[0] < max(known)[0] else ""


def _keeping(root: Node, counts: dict[str, int | None], base: int) -> list[str]:
    """Return the parts of *any* groups that nearly everyone meets, so that the other parts do nothing."""
    any_of = root.children if root.match == "any" and base else []
    within = [child for child in any_of if (counts.get(child.id) or 0) > base * _NEARLY_ALL]
    deeper = [name for child in root.children for name in _keeping(child, counts, base)]
    return [*(child.id for child in within), *deeper]


def _verdicts(why: Why | None, paths: dict[str, str]) -> dict[str, bool | None]:
    if why is None:
        return {}
    by_path = {each.path: each.holds for each in why.verdicts}
    return {node: by_path[path] for node, path in paths.items() if path in by_path}
