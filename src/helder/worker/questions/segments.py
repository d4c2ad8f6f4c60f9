"""Questions about segments: save, count, list, why, in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from helder.govern import audit
from helder.govern.entries import read_catalogue
from helder.govern.purposes import read_purposes
from helder.integrate.definitions import read_definitions
from helder.intelligence.segments.answer import Answer, Why
from helder.intelligence.segments.check import check
from helder.intelligence.segments.parse import parse
from helder.intelligence.segments.rule import Rule, nodes
from helder.intelligence.segments.why import why
from helder.intelligence.segments.words import Lexicon, say, say_node
from helder.wiring.house import House
from helder.worker.answering import Handler


def handlers(house: House) -> Mapping[str, Handler]:
    """Return the handlers. A ``rule`` is JSON text; a ``key`` names a segment that was saved."""

    def segment_save(key: str, name: str, rule: str, actor: str = "command line") -> int:
        """Check ``rule`` against the catalogue and save it as the next version of ``key``; return the version."""
        understood(house, rule)
        saved = house.segments.save(key, name, rule, house.clock(), actor)
        with house.state.write() as connection:
            audit.append(connection, audit.Entry(house.clock(), actor, "segment.save", f"segment:{key}"))
        return saved.version

    def segment_count(rule: str = "", key: str = "") -> Answer:
        """Count everyone who meets a rule, with each node of it."""
        tree = house.segments.rule(key) if key else understood(house, rule)
        return house.engine.count(tree, house.clock())

    def segment_members(key: str, limit: int = 1000) -> list[int]:
        """Return profile ids that meet the rule now, at most ``limit``."""
        return house.engine.members(house.segments.rule(key), house.clock())[:limit].tolist()

    def segment_why(who: str, key: str = "", rule: str = "") -> Why:
        """Tell why the person found by ``who`` meets a rule, or that of a segment, or does not."""
        profile = house.profiles.find(who)
        tree = house.segments.rule(key) if key else understood(house, rule)
        return why(house.engine, tree, profile, house.clock(), lexicon(house))

    def segment_words(key: str = "", rule: str = "", language: str = "nl") -> str:
        """Return a rule, or that of a segment, as a sentence."""
        tree = house.segments.rule(key) if key else understood(house, rule)
        return say(tree, language, lexicon(house))

    def segment_list() -> list[tuple[str, str, int, int]]:
        """Return (key, name, version, members) of every segment."""
        return [
            (each.key, each.name, each.version, len(house.online.members(each.id))) for each in house.segments.all()
        ]

    return {
        "segment_save": segment_save,
        "segment_count": segment_count,
        "segment_members": segment_members,
        "segment_why": segment_why,
        "segment_words": segment_words,
        "segment_parts": partial(parts_in_words, house),
        "segment_list": segment_list,
    }


def parts_in_words(house: House, key: str, language: str = "nl") -> dict[str, str]:
    """Return every node of a segment's rule in words, by its path."""
    names = lexicon(house)
    return {path: say_node(node, language, names) for path, node in nodes(house.segments.rule(key))}


def understood(house: House, rule: str) -> Rule:
    """Return the rule that JSON text says, checked against the catalogue."""
    tree = parse(rule, house.settings.zone)
    check(tree, read_catalogue(house.state))
    return tree


def lexicon(house: House) -> Lexicon:
    """Return what things are called here, for saying rules in words."""
    return Lexicon(
        catalogue=read_catalogue(house.state),
        segments={each.key: each.name for each in house.segments.all()},
        purposes={key: item.label for key, item in read_purposes(house.state).items()},
        sources={key: item.mapping.name for key, item in read_definitions(house.state).items()},
        zone=house.settings.zone,
    )
