"""Questions about a rule that is being written."""

from __future__ import annotations

from collections.abc import Mapping

from helder.intelligence.segments.answer import Preview
from helder.intelligence.segments.rule import Group
from helder.intelligence.segments.words import say
from helder.wiring.house import House
from helder.worker.answering import Handler
from helder.worker.questions.segments import lexicon, understood

_TREE = "rule.any[0]"


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers. A rule is JSON text."""

    def segment_preview(rule: str, beside: list[str], size: int = 5) -> Preview:
        """Count a rule that is being written, and what each of the rules ``beside`` leaves of it; in one question."""
        tree, narrower = understood(house, rule), [understood(house, each) for each in beside]
        now, known, size_of = house.clock(), lexicon(house), len(narrower)
        answer = house.engine.count(
            Group("any", (tree, *(Group("all", (tree, each)) for each in narrower), *narrower)), now
        )
        counts = [answer.counts[f"rule.any[{n}]"] for n in range(1, 2 * size_of + 1)]
        mine = {path.removeprefix(_TREE): n for path, n in answer.counts.items() if path.startswith(_TREE)}
        return Preview(
            total=answer.counts[_TREE],
            base=answer.base,
            counts={f"rule{path}": number for path, number in mine.items()},
            beside=tuple(counts[:size_of]),
            beside_all=tuple(counts[size_of:]),
            sample=tuple(house.engine.sample(tree, now, size).tolist()),
            words={language: say(tree, language, known) for language in ("nl", "en")},
            as_of=answer.as_of,
            took=answer.took,
            unavailable_because=answer.unavailable_because,
        )

    return {"segment_preview": segment_preview}
