"""Why somebody is in a segment, or is not: every node's verdict, with words."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from helder.errors import NotFound
from helder.intelligence.segments.answer import Verdict, Why
from helder.intelligence.segments.engine import Engine
from helder.intelligence.segments.rule import Group, Live, Membership, Rule, fingerprint, nodes
from helder.intelligence.segments.sitting import Sitting
from helder.intelligence.segments.tree import each_node
from helder.intelligence.segments.words import Lexicon, say_node


def why(engine: Engine, rule: Rule, profile_id: int, now: datetime, lexicon: Lexicon | None = None) -> Why:
    """Return the verdict on each node of ``rule`` for one profile.

    Args:
        engine: answers the leaves for that profile alone.
        rule: the rule.
        profile_id: the profile.
        now: the moment of the question, aware UTC.
        lexicon: what things are called; the engine's catalogue when it is not given.

    Raises:
        NotFound: when there is no such profile (any more).
    """
    lexicon = lexicon or Lexicon(catalogue=engine.catalogue())
    with engine.few([(rule, np.array([profile_id], np.int64))], now) as sitting:
        if not len(sitting.index):
            raise NotFound(f"there is no profile {profile_id} (any more).")
        found = each_node(rule, 1, sitting)
        verdicts = [
            Verdict(
                path=path,
                holds=None if (bitmap := found[path]) is None else bool(bitmap[0]),
                words={language: say_node(node, language, lexicon) for language in ("nl", "en")},
                unavailable_because=_because(node, sitting),
            )
            for path, node in nodes(rule)
        ]
    return Why(profile_id=profile_id, holds=verdicts[0].holds, verdicts=tuple(verdicts), as_of=now)


def _because(node: Rule, sitting: Sitting) -> str:
    """Return why a node could not be known: a live leaf's own reason, and for what contains it all reasons."""
    if isinstance(node, Live):
        return sitting.because.get(fingerprint(node), "")
    if isinstance(node, Group):
        reasons = (_because(child, sitting) for child in node.rules)
        return "; ".join(dict.fromkeys(filter(None, reasons)))
    return sitting.reasons if isinstance(node, Membership) and sitting(node) is None else ""
