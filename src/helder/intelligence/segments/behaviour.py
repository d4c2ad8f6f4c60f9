"""Leaves over events: behaviour and sequence."""

from __future__ import annotations

import ibis
from ibis.expr.types import IntervalScalar, Table

from helder.intelligence.segments.conditions import property_of, truth
from helder.intelligence.segments.counting import counted
from helder.intelligence.segments.rule import Behaviour, Condition, Op, Sequence
from helder.intelligence.segments.setting import Followed, Question, Setting

PAGE = "Page Viewed"
"""The name that stands for every event of type *page*, whatever the page is called."""

_OPS: dict[str, Op] = {"at_least": "at_least", "at_most": "at_most", "exactly": "is", "never": "is"}


def behaviour(leaf: Behaviour, setting: Setting) -> Question:
    """Count a profile's events of one name in a window."""
    done = events(leaf.event, leaf.where, setting)
    done = done.filter(setting.moments.within(done.at, leaf.window))
    times = 0 if leaf.op == "never" else leaf.times
    return counted(done, Condition("", _OPS[leaf.op], times), setting.moments)


def sequence(leaf: Sequence, setting: Setting) -> Question:
    """Find an A with (or without) a B of the same profile in ``(t, t + within]``."""
    rows = _begun(leaf, setting).union(_followed(leaf, setting))

    def finish(mapped: Table) -> Table:
        first = mapped.filter(mapped.begins).select(
            "profile_id", begin=mapped["at"], end=mapped["at"] + _interval(leaf)
        )
        then = mapped.filter(~mapped.begins).select(then_id="profile_id", then_at="at")
        follows = [first.profile_id == then.then_id, then.then_at > first.begin, then.then_at <= first.end]
        return (first.anti_join if leaf.negated else first.semi_join)(then, follows).select("profile_id")

    return Question(rows, finish, followed=Followed(leaf.within.length, leaf.negated))


def events(name: str, where: tuple[Condition, ...], setting: Setting) -> Table:
    """Return the events called ``name`` that meet all of ``where``."""
    found = named(name, setting)
    for condition in where:
        operand = property_of(found, "properties", condition.field, setting.dialect)
        found = found.filter(truth(operand, condition, setting.moments))
    return found


def named(name: str, setting: Setting) -> Table:
    """Return the events called ``name``."""
    found = setting.tables("every_event")
    return found.filter(found.type == "page" if name == PAGE else found.name == name)


def _begun(leaf: Sequence, setting: Setting) -> Table:
    """Return (identity_id, at, begins) of each A; of a negated sequence those whose span is over."""
    moments = setting.moments
    begun = events(leaf.first, leaf.where, setting)
    begun = begun.filter(moments.within(begun["at"], leaf.window))
    if leaf.negated:
        begun = begun.filter(begun["at"] <= moments.ago(leaf.within.length))
    return begun.select("identity_id", "at", begins=ibis.literal(value=True))


def _followed(leaf: Sequence, setting: Setting) -> Table:
    """Return (identity_id, at, begins) of each B: no earlier than the window of A, so that old history is not read."""
    moments = setting.moments
    then = events(leaf.then, leaf.then_where, setting)
    then = then.filter(then["at"] <= moments.ago())
    if leaf.window.in_last is not None:
        then = then.filter(then["at"] > moments.ago(leaf.window.in_last.length))
    return then.select("identity_id", "at", begins=ibis.literal(value=False))


def _interval(leaf: Sequence) -> IntervalScalar:
    """Return the span as whole seconds, which both engines add to microseconds exactly."""
    return ibis.interval(seconds=int(leaf.within.length.total_seconds()))
