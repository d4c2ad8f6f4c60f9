"""From a journey as a person writes it (TOML, or JSON of the same shape) to the graph.

In the text steps have names and a step leads to the next one unless it says otherwise; in the graph they have numbers.
Reference: ``docs/reference/journeys.md``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec

from helder.activate.journeys.graph import END, Branch, Journey
from helder.errors import InvalidInput

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
_LONGEST = 400 * 86400


def parse_toml(text: str) -> Journey:
    """Return the journey written in ``text``.

    Raises:
        InvalidInput: naming the part that is wrong, such as ``step 2 (mail): …``.
    """
    try:
        return parse(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"the journey is not valid TOML: {error}") from error


def parse_json(text: bytes | str) -> Journey:
    """Return the journey in the JSON ``text``, of the same shape as the TOML.

    Raises:
        InvalidInput: naming the part that is wrong.
    """
    try:
        return parse(msgspec.json.decode(text, type=dict[str, Any]))
    except msgspec.DecodeError as error:
        raise InvalidInput(f"the journey is not valid JSON: {error}") from error


def parse(written: Mapping[str, Any]) -> Journey:
    """Return the journey that ``written`` describes.

    Args:
        written: tables ``enter``, ``goal`` and a list ``step``, beside ``key`` and ``name``.

    Raises:
        InvalidInput: naming the part that is wrong.
    """
    steps = written.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise InvalidInput("step: must be a list of tables, each begun with [[step]]")
    names = _numbers(steps)
    numbered = [_step(number, step, names) for number, step in enumerate(steps)]
    rest = {key: value for key, value in written.items() if key != "step"}
    return _convert({**rest, "steps": numbered}, steps)


def stored(journey: Journey) -> str:
    """Return the JSON in which a journey is kept (numbers instead of names)."""
    return msgspec.json.encode(journey).decode()


def restored(body: str) -> Journey:
    """Return the journey kept as ``body``."""
    return msgspec.json.decode(body, type=Journey)


def _numbers(steps: list[dict[str, Any]]) -> dict[str, int]:
    """Return the number of every named step."""
    names: dict[str, int] = {"end": END}
    for number, step in enumerate(steps):
        name = step.get("id", f"step-{number + 1}")
        if not isinstance(name, str) or name in names:
            raise InvalidInput(f"step {number + 1}: the id {name!r} is taken or is not a text")
        names[name] = number
    return names


def _step(number: int, step: dict[str, Any], names: dict[str, int]) -> dict[str, Any]:
    """Return one step with numbers for names, and seconds for any unit of time."""
    place = f"step {number + 1} ({step.get('id', step.get('type', '?'))})"
    after = number + 1 if number + 1 < len(names) - 1 else END
    said = {key: value for key, value in step.items() if key not in {"id", "next", "then", "otherwise", *_UNITS}}
    if step.get("type") == Branch.__struct_config__.tag:
        leads = {side: _leads(step.get(side), after, number, place, names) for side in ("then", "otherwise")}
    else:
        leads = {"next": _leads(step.get("next"), after, number, place, names)}
    return {**said, **leads, **_duration(step, place)}


def _leads(name: object, after: int, number: int, place: str, names: dict[str, int]) -> int:
    """Return the number of the step called ``name``; the following one when it is not said."""
    if name is None:
        return after
    if not isinstance(name, str) or name not in names:
        raise InvalidInput(f"{place}: leads to {name!r}, and no step has that id")
    if names[name] <= number:
        raise InvalidInput(f"{place}: leads back to {name!r}; a journey only goes forward, so everyone reaches its end")
    return names[name]


def _duration(step: dict[str, Any], place: str) -> dict[str, int]:
    """Return the length of a wait in seconds."""
    given = {unit: step[unit] for unit in _UNITS if unit in step}
    if not given and step.get("type") != "wait":
        return {}
    if not given or not all(type(amount) in (int, float) for amount in given.values()):
        raise InvalidInput(f"{place}: say how long in {', '.join(_UNITS)}, as a number")
    seconds = sum(amount * _UNITS[unit] for unit, amount in given.items())
    if not 0 <= seconds <= _LONGEST:
        raise InvalidInput(f"{place}: a wait is at least 0 seconds and at most 400 days")
    return {"seconds": round(seconds)}


def _convert(numbered: dict[str, Any], steps: list[dict[str, Any]]) -> Journey:
    """Return the Struct, saying of a fault where it is as the writer knows the place."""
    try:
        return msgspec.convert(numbered, Journey)
    except msgspec.ValidationError as error:
        raise InvalidInput(_placed(str(error), steps)) from error


def _placed(message: str, steps: list[dict[str, Any]]) -> str:
    """Turn msgspec's ``… - at `$.steps[1].purpose``` into ``step 2 (mail), purpose: …``."""
    text, found, path = message.partition(" - at `$.")
    if not found:
        return f"the journey: {text}"
    path = path.rstrip("`")
    if not path.startswith("steps["):
        return f"{path}: {text}"
    number, _, field = path.removeprefix("steps[").partition("]")
    step = steps[int(number)] if number.isdigit() else {}
    name = f"step {int(number) + 1 if number.isdigit() else '?'} ({step.get('id', step.get('type', '?'))})"
    return f"{name}{', ' + field.lstrip('.') if field.strip('.') else ''}: {text}"
