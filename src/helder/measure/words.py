"""A result in words. Pure."""

from __future__ import annotations

from helder.govern.goals import Goal
from helder.measure.roi import Distance, Roi
from helder.measure.uplift import Uplift

_MICROS = 1_000_000


def summary(found: Uplift | None, worth: Roi, ahead: Distance, goal: Goal, incomplete: str = "") -> str:
    """Return the result in a few English sentences; what is not known is not said, and why it is not known is."""
    said = [_compared(found), _worth(found, worth, goal), _ahead(ahead, goal)]
    return " ".join([*said, f"Some orders are missing in this: {incomplete}"] if incomplete else said)


def _compared(found: Uplift | None) -> str:
    if found is None:
        return "Nobody was held out, or nobody else entered: there is nothing to compare with."
    mailed, held = found.mailed, found.held_out
    shares = f"{mailed.value:.1%} of {mailed.people:,} against {held.value:.1%} of {held.people:,} held out"
    points = [f"{each * 100:+.1f}" for each in (found.difference, found.low, found.high)]
    interval = f"{points[0]} points, {found.confidence:.0%} between {points[1]} and {points[2]}"
    if not found.conclusive:
        return f"Inconclusive: {shares} ({interval})."
    return f"{'More' if found.difference > 0 else 'Fewer'} did what was asked: {shares} ({interval})."


def _worth(found: Uplift | None, worth: Roi, goal: Goal) -> str:
    cost = f"cost {_money(worth.cost_micros, goal)}"
    if found is None or not found.conclusive:
        return f"How many extra {goal.unit.en} that is cannot be told yet; {cost}."
    places, amount = worth.places, worth.amount_micros
    each = worth.cost_per_place_micros
    dear = "" if each is None else f", {_money(each, goal)} each{_allowed(each, goal)}"
    return (
        f"That is {places.value:,.0f} extra {goal.unit.en} (between {places.low:,.0f} and {places.high:,.0f}), "
        f"worth {_money(amount.value, goal)}; {cost}{dear}."
    )


def _allowed(each: float, goal: Goal) -> str:
    if goal.max_cost is None:
        return ""
    within = each <= goal.max_cost * _MICROS
    return f" ({'within' if within else 'above'} the most of {_money(goal.max_cost * _MICROS, goal)})"


def _ahead(ahead: Distance, goal: Goal) -> str:
    return (
        f"The goal: {ahead.reached:,.0f} of {ahead.target:,.0f} {goal.unit.en}, "
        f"{ahead.to_go:,.0f} to go in {ahead.days_left} days."
    )


def _money(micros: float, goal: Goal) -> str:
    sign = "€" if goal.currency == "EUR" else f"{goal.currency} "
    return f"{sign}{micros / _MICROS:,.2f}"
