"""Figures in Prometheus' text exposition format (version 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from sqlalchemy import func, select

from helder.store.projections.online import Online
from helder.store.state import State
from helder.store.tables.outbox import outbox

Sample: TypeAlias = tuple[Mapping[str, str], float]


def exposition(api: Any, worker: dict[str, Any] | None) -> str:
    """Return all figures as text.

    Args:
        api: of ``helder.api.app``.
        worker: the worker's status; ``None`` when it does not answer.
    """
    counts = api.collect.counts
    blocks = [
        _block("helder_up", "gauge", "1 when the worker answers", [({}, float(worker is not None))]),
        _block("helder_events_accepted_total", "counter", "Events accepted", [({}, counts["accepted"])]),
        _block(
            "helder_events_rejected_total",
            "counter",
            "Events not accepted, by reason",
            [({"reason": reason}, count) for reason, count in counts.items() if reason != "accepted"],
        ),
        _block("helder_outbox", "gauge", "Messages in the outbox, by status", _outbox(api.state)),
        *(_worker(worker, api.online) if worker else ()),
    ]
    return "".join(blocks)


def _worker(status: dict[str, Any], online: Online) -> Iterable[str]:
    """Yield the figures of the pipeline."""
    stages: dict[str, dict[str, Any]] = status["stages"]
    batch = status["batch"]
    # Seen by two processes at slightly different moments: a lag below nothing is none.
    lag = max(0, batch - online.watermark("project"))
    yield _block("helder_project_lag_batches", "gauge", "Batches of the facts not in the projections yet", [({}, lag)])
    yield _block("helder_inbox_depth", "gauge", "Requests not taken in yet", [({}, status["inbox_depth"])])
    yield _block("helder_facts_batch", "counter", "Newest batch of the facts", [({}, batch)])
    for name, kind, meaning in (
        ("rows", "counter", "Rows that a stage moved"),
        ("seconds", "counter", "Seconds that a stage worked"),
        ("failures", "counter", "Rounds in which a stage failed"),
    ):
        samples = [({"stage": stage}, float(values[name])) for stage, values in stages.items()]
        yield _block(f"helder_stage_{name}_total", kind, meaning, samples)


def _outbox(state: State) -> list[Sample]:
    with state.read() as connection:
        rows = connection.execute(select(outbox.c.status, func.count()).group_by(outbox.c.status)).all()
    return [({"status": row[0]}, row[1]) for row in rows]


def _block(name: str, kind: str, meaning: str, samples: Iterable[Sample]) -> str:
    """Return one metric with all its samples."""
    lines = [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
    lines += [
        f"{name}{_labels(labels)} {value:g}" if value < 1e6 else f"{name}{_labels(labels)} {value:.0f}"
        for labels, value in samples
    ]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    quoted = (f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return "{" + ",".join(quoted) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
