"""Where journeys and templates are kept, and what they refer to."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from helder.activate.content.render import Rendering
from helder.activate.content.template import Template
from helder.activate.journeys.check import Known, faults
from helder.activate.journeys.graph import Email, Journey
from helder.activate.journeys.parse import restored, stored
from helder.activate.writing import GIVEN
from helder.clock import stored as naive
from helder.errors import InvalidInput, NotFound
from helder.store.state import State
from helder.store.tables.consents import purpose
from helder.store.tables.definitions import segment, segment_version, template
from helder.store.tables.journeys import journey, journey_version

_ZONE = ZoneInfo("UTC")
"""Whether a template is right does not depend on the zone."""


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """A journey that runs."""

    id: int
    """Of the version."""
    journey_id: int
    graph: Journey
    enters: bool
    """New people enter this version; older versions only bring to an end who is in them."""
    waiting_because: str = ""


class Segment(msgspec.Struct, frozen=True):
    """A segment as it is now."""

    id: int
    rule: str
    """The rule tree, JSON."""


def save_template(state: State, written: Template, now: datetime) -> int:
    """Keep a template as the newest version of its key; return the version's id. The same again is no new version.

    Raises:
        TemplateFault: when no mail can be made of it.
    """
    Rendering(written, _ZONE)
    body = msgspec.json.encode(written).decode()
    with state.write() as connection:
        newest = select(template.c.id, template.c.version, template.c.body).where(template.c.key == written.key)
        found = connection.execute(newest.order_by(template.c.version.desc()).limit(1)).first()
        if found is not None and found.body == body:
            return int(found.id)
        row = {
            "key": written.key,
            "version": (found.version if found else 0) + 1,
            "body": body,
            "created_at": naive(now),
        }
        return int(connection.execute(insert(template).values(row).returning(template.c.id)).scalar_one())


def read_templates(connection: Connection, ids: set[int]) -> dict[int, Template]:
    """Return the template versions with these ids."""
    rows = connection.execute(select(template.c.id, template.c.body).where(template.c.id.in_(ids)))
    return {number: msgspec.json.decode(body, type=Template) for number, body in rows}


def newest_template(connection: Connection, key: str) -> int:
    """Return the id of the newest version of a template.

    Raises:
        NotFound: when there is no such template.
    """
    found = connection.scalar(
        select(template.c.id).where(template.c.key == key).order_by(template.c.version.desc()).limit(1)
    )
    if found is None:
        raise NotFound(f"there is no template {key!r}")
    return int(found)


def save_journey(state: State, graph: Journey) -> int:
    """Keep a journey as the newest version of its key; return the version's id. The same again is no new version.

    Raises:
        InvalidInput: listing everything that is wrong with it.
    """
    with state.write() as connection:
        if found := faults(graph, known(connection, graph)):
            raise InvalidInput(f"journey {graph.key}: " + "; ".join(found))
        number = _journey_id(connection, graph)
        versions = select(journey_version).where(journey_version.c.journey_id == number)
        newest = connection.execute(versions.order_by(journey_version.c.number.desc()).limit(1)).first()
        body = stored(graph)
        if newest is not None and newest.body == body:
            return int(newest.id)
        row = {"journey_id": number, "number": (newest.number if newest else 0) + 1, "body": body}
        return int(connection.execute(insert(journey_version).values(row).returning(journey_version.c.id)).scalar_one())


def known(connection: Connection, graph: Journey) -> Known:
    """Return what ``graph`` may refer to."""
    segments = select(segment.c.key).where(segment.c.archived_at.is_(None))
    return Known(
        segments=frozenset(connection.scalars(segments)),
        templates=frozenset(connection.scalars(select(template.c.key).distinct())),
        purposes=frozenset(connection.scalars(select(purpose.c.key))),
        needs=_needs(connection, {step.template for step in graph.steps if isinstance(step, Email)}),
        given=GIVEN,
    )


def _needs(connection: Connection, keys: set[str]) -> dict[str, frozenset[str]]:
    """Return the variables that the newest version of each template needs."""
    newest = select(func.max(template.c.id)).where(template.c.key.in_(keys)).group_by(template.c.key)
    found = read_templates(connection, set(connection.scalars(newest)))
    return {each.key: frozenset(Rendering(each, _ZONE).variables()) for each in found.values()}


def start_journey(state: State, key: str, now: datetime) -> int:
    """Let the newest version of a journey run from now on; return the version's id.

    People under way in an older version finish it there.

    Raises:
        NotFound: when there is no such journey.
    """
    with state.write() as connection:
        newest = (
            select(func.max(journey_version.c.id))
            .join(journey, journey.c.id == journey_version.c.journey_id)
            .where(journey.c.key == key)
        )
        version = connection.scalar(newest)
        if version is None:
            raise NotFound(f"there is no journey {key!r}")
        started = update(journey_version).where(journey_version.c.id == version, journey_version.c.started_at.is_(None))
        connection.execute(started.values(started_at=naive(now)))
        connection.execute(update(journey).where(journey.c.key == key).values(status="live", live_version=version))
    return int(version)


class Started(msgspec.Struct, frozen=True):
    """A journey that was started."""

    key: str
    name: str
    segment: str
    """Key of the segment of entry."""


def newest(state: State) -> Started | None:
    """Return the journey that was started last; None when none was."""
    query = (
        select(journey.c.key, journey.c.name, journey_version.c.body)
        .join(journey_version, journey_version.c.id == journey.c.live_version)
        .order_by(journey_version.c.started_at.desc(), journey_version.c.id.desc())
        .limit(1)
    )
    with state.read() as connection:
        found = connection.execute(query).first()
    return Started(found.key, found.name, restored(found.body).enter.segment) if found else None


def set_status(state: State, key: str, status: str) -> None:
    """Pause (``paused``), resume (``live``) or end (``ended``) a journey; a paused one keeps everybody where they are.

    Raises:
        NotFound: when there is no such journey.
    """
    with state.write() as connection:
        if not connection.execute(update(journey).where(journey.c.key == key).values(status=status)).rowcount:
            raise NotFound(f"there is no journey {key!r}")


def running(connection: Connection) -> list[Live]:
    """Return every started version of the journeys that are live: older versions still have people in them."""
    query = (
        select(
            journey_version.c.id,
            journey_version.c.body,
            journey.c.id,
            journey.c.live_version,
            journey.c.waiting_because,
        )
        .join(journey, journey.c.id == journey_version.c.journey_id)
        .where(journey.c.status == "live", journey_version.c.started_at.is_not(None))
        .order_by(journey_version.c.id)
    )
    return [
        Live(id=number, journey_id=whole, graph=_graph(body), enters=number == newest, waiting_because=because)
        for number, body, whole, newest, because in connection.execute(query)
    ]


@lru_cache(maxsize=256)
def _graph(body: str) -> Journey:
    """Return the graph of a version, read once: versions do not change, and every round asks for those that run."""
    return restored(body)


def find_segment(connection: Connection, key: str) -> Segment:
    """Return a segment with its current rule.

    Raises:
        NotFound: when there is no such segment.
    """
    query = select(segment.c.id, segment_version.c.rule).join(
        segment_version,
        (segment_version.c.segment_id == segment.c.id) & (segment_version.c.version == segment.c.version),
    )
    found = connection.execute(query.where(segment.c.key == key)).first()
    if found is None:
        raise NotFound(f"there is no segment {key!r}")
    return Segment(found.id, found.rule)


def _journey_id(connection: Connection, graph: Journey) -> int:
    """Return the id of the journey, made as a draft when it is new."""
    found = connection.scalar(select(journey.c.id).where(journey.c.key == graph.key))
    if found is not None:
        connection.execute(update(journey).where(journey.c.id == found).values(name=graph.name))
        return int(found)
    row = {"key": graph.key, "name": graph.name, "status": "draft"}
    return int(connection.execute(insert(journey).values(row).returning(journey.c.id)).scalar_one())
