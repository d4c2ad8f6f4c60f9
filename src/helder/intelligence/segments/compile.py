"""From a leaf to an Ibis expression over named tables: the one meaning of a rule.

The expression knows no engine; the tables may be the facts, or small tables of the same names and shape that hold a few
profiles only. The tree over the leaves is boolean algebra over their answers, elsewhere.
"""

from __future__ import annotations

from helder.intelligence.segments.behaviour import behaviour, sequence
from helder.intelligence.segments.conditions import Operand, truth
from helder.intelligence.segments.counting import holds
from helder.intelligence.segments.permission import permitted
from helder.intelligence.segments.records import aggregate
from helder.intelligence.segments.rule import Aggregate, Attribute, Behaviour, Leaf, Permission, Sequence
from helder.intelligence.segments.setting import Question, Setting
from helder.intelligence.segments.vocabulary import PROFILE_KINDS


def question(leaf: Leaf, setting: Setting) -> Question:
    """Return the question that ``leaf`` asks of the facts.

    Raises:
        TypeError: for leaves that the facts cannot answer (live, membership).
    """
    match leaf:
        case Attribute():
            return _attribute(leaf, setting)
        case Behaviour():
            return behaviour(leaf, setting)
        case Sequence():
            return sequence(leaf, setting)
        case Aggregate():
            return aggregate(leaf, setting)
        case Permission():
            return permitted(leaf, setting)
        case _:
            raise TypeError(f"the facts cannot answer {type(leaf).__name__}")


def _attribute(leaf: Attribute, setting: Setting) -> Question:
    """Compare a field of the golden record; what holds of an empty field holds of who has no record, too."""
    profile = setting.tables("profile")
    found = truth(Operand(profile[leaf.test.field], PROFILE_KINDS[leaf.test.field]), leaf.test, setting.moments)
    inverted = holds(leaf.test, None)
    return Question(profile.filter(~found if inverted else found).select("profile_id"), complement=inverted)
