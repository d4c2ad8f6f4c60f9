"""From what another system says to calls in Segment's format, by the meanings of a hook. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from hashlib import blake2b, sha256
from typing import Any, TypeAlias

from helder.collect.hooks.definition import Hook, Meaning, Place, Value

Document: TypeAlias = Any
"""What JSON holds."""
Call: TypeAlias = dict[str, Any]
"""One call in Segment's format."""
MOST_ELEMENTS = 2_500
_LONGEST_OWN = 60


def calls_of(hook: Hook, document: Document, body: bytes) -> list[Call] | None:
    """Return what a call of another system means; None when no meaning of the hook is about it.

    Args:
        hook: its meanings.
        document: the body, decoded.
        body: as it came: it makes the message id of a call that has none of its own.
    """
    about = [(number, each) for number, each in enumerate(hook.event) if _is_about(each, document)]
    if not about:
        return None
    same = sha256(body).hexdigest()[:40]
    found: list[Call] = []
    for number, meaning in about:
        for place, element in enumerate(_elements(meaning, document)):
            # The sender's number is of the whole call: each event of it needs one of its own.
            own = _text(_value(meaning.message_id, element, document))
            stem = own if 0 < len(own) <= _LONGEST_OWN else same
            found += _calls(meaning, element, document, f"{hook.hook[:20]}-{stem}-{number}-{place}")
    return found


def with_person(call: Call, traits: Mapping[str, object]) -> list[Call]:
    """Return a call, and an identify call beside it when it says something about the person.

    A call without any id is the one's whom its e-mail address or phone number names: both calls get an anonymous id
    that is made of it, and the traits link that to the person.
    """
    known = {name: value for name, value in traits.items() if value not in (None, "")}
    who = {name: call[name] for name in ("userId", "anonymousId") if call.get(name) not in (None, "")}
    named = next((f"{kind}:{str(known[kind]).strip().lower()}" for kind in ("email", "phone") if kind in known), "")
    if not who and named:
        digest = blake2b(named.encode("utf-8", "replace"), digest_size=16, person=b"helder-hook")
        who = {"anonymousId": f"by-{digest.hexdigest()}"}
    said = {**{name: value for name, value in call.items() if value not in (None, "")}, **who}
    if call["type"] in {"identify", "group"}:
        return [{**said, "traits": known}]
    if not known:
        return [said]
    kept = {name: said[name] for name in ("timestamp", "context") if name in said}
    person = {"type": "identify", "messageId": f"{said['messageId']}-who", "traits": known, **who, **kept}
    return [person, said]


def _is_about(meaning: Meaning, document: Document) -> bool:
    """Tell whether a call has the values that a meaning asks for."""
    for path, wanted in meaning.when.items():
        found = _at(document, path)
        allowed = wanted if isinstance(wanted, list) else [wanted]
        if not any(found == each and isinstance(found, bool) == isinstance(each, bool) for each in allowed):
            return False
    return True


def _elements(meaning: Meaning, document: Document) -> list[Document]:
    """Return what each event of a meaning is about."""
    if not meaning.each:
        return [document]
    found = _at(document, meaning.each)
    return found[:MOST_ELEMENTS] if isinstance(found, list) else []


def _calls(meaning: Meaning, element: Document, document: Document, message_id: str) -> Iterator[Call]:
    """Yield what one element means."""

    def value(place: Place) -> Any:
        return _value(place, element, document)

    name = value(meaning.name) if isinstance(meaning.name, Value) else meaning.name
    call: Call = {
        "type": meaning.type,
        "event" if meaning.type == "track" else "name": _text(name),
        "messageId": message_id,
        "userId": _scalar(value(meaning.user_id)),
        "anonymousId": _scalar(value(meaning.anonymous_id)),
        "groupId": _scalar(value(meaning.group_id)),
        "timestamp": _scalar(value(meaning.at)),
        "properties": {name: value(place) for name, place in meaning.properties.items()},
    }
    yield from with_person(call, {name: value(place) for name, place in meaning.traits.items()})


def _value(place: Place, element: Document, document: Document) -> Any:
    """Return the value at a place; None when there is none."""
    if place == "":
        return None
    spec = Value(place) if isinstance(place, str) else place
    if not spec.path:
        return spec.value
    whole = spec.path.startswith("$.")
    found = _at(document, spec.path[2:]) if whole else _at(element, spec.path)
    if spec.unit == "cent" and found is not None:
        return _hundredths(found)
    return spec.values.get(_text(found), found) if spec.values else found


def _at(document: Document, path: str) -> Document:
    """Return what lies at a dotted path; None when it leads nowhere."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isascii() and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _hundredths(found: Any) -> float | None:
    """Return an amount of hundredths as units; None when it is no number."""
    try:
        return float(Decimal(str(found)) / 100)
    except InvalidOperation:
        return None


def _scalar(found: Any) -> str | int | float | None:
    return found if isinstance(found, str | int | float) and not isinstance(found, bool) else None


def _text(found: Any) -> str:
    """Return how a value is written in a definition: true and false as JSON has them."""
    return str(found).lower() if isinstance(found, bool) else "" if found is None else str(found)
