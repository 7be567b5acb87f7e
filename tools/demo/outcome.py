"""Did the day come out right? Pure: the story, what the bridge noted, and what Odoo holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tools.demo.story import SCENE_S, SCENES, Actor, Scene, expected_stays

_OUTCOMES = {
    "in": "identified",
    "out": "identified",
    "stranger": "no_candidate",
    "no_clearance": "no_clearance",
}
_SLACK = timedelta(seconds=0.2)


@dataclass
class Verdict:
    """What `build/demo.json` says, and the sentences behind every count of a fault."""

    figures: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Seen:
    """An event that Odoo holds; `badge` is "" for a stranger."""

    uuid: str
    view: str
    outcome: str
    badge: str
    captured_at: datetime


@dataclass(frozen=True)
class Stay:
    """One row of Odoo's attendance report."""

    name: str
    check_in: datetime
    check_out: datetime | None


def judge(
    day: date,
    journal: Sequence[dict[str, Any]],
    events: Sequence[Seen],
    stays: Sequence[Stay],
) -> Verdict:
    """Compare the day as written with the day as it was recorded.

    Args:
        journal: the bridge's journal, line by line.
        events: everything that Odoo holds; what counts is here, not in the journal.
        stays: all attendance rows that Odoo reports.
    """
    met = [line for line in journal if line["kind"] == "encounter"]
    repeats = sum(line["outcome"] == "refractory" for line in met)
    story = _compare(day, events, repeats)
    lost = {line["uuid"] for line in met if line["uuid"]} - {event.uuid for event in events}
    wrong = story.faults + _attendance_faults(day, stays)
    delivered = [line for line in journal if line["kind"] == "delivered"]
    took = [line["committed_to_attendance_ms"] for line in delivered]
    figures = {
        "encounters": len(met),
        "correct": story.correct,
        "wrong": len(wrong),
        "strangers_seen": sum(one.outcome == "stranger" for one in SCENES),
        "strangers_refused": sum(event.outcome == "no_candidate" for event in events),
        "clearance_refused": sum(event.outcome == "no_clearance" for event in events),
        "duplicates_suppressed": repeats,
        "never_resolved": sum(line["outcome"] == "low_quality" for line in met),
        "events_lost": len(lost),
        "events_doubled": story.doubled,
        "seen_to_committed_ms": spread(
            line["seen_to_committed_ms"] for line in met if line["uuid"]
        ),
        "committed_to_attendance_ms": spread(ms for ms in took if ms is not None),
        "late_deliveries": took.count(None),
    }
    return Verdict(figures, wrong + [f"event {one} was lost" for one in sorted(lost)])


@dataclass
class _Comparison:
    correct: int = 0
    doubled: int = 0
    faults: list[str] = field(default_factory=list)


def _compare(day: date, events: Sequence[Seen], repeats: int) -> _Comparison:
    """Each actor of each scene against the events: one is right, none or several are not."""
    result, left = _Comparison(), list(events)
    for scene in SCENES:
        for actor in scene.actors:
            if scene.outcome == "repeat":
                result.correct += min(1, repeats)
                if not repeats:
                    result.faults.append(f"repeat at {scene.at}: not noticed")
                continue
            found = [event for event in left if _is_about(event, day, scene, actor)]
            left = [event for event in left if event not in found]
            result.correct += len(found) == 1
            result.doubled += max(0, len(found) - 1)
            if len(found) != 1:
                result.faults.append(f"{scene.at} {actor.name}: {len(found)} events")
    for event in left:
        at = f"{event.captured_at:%H:%M:%S} UTC"
        result.faults.append(f"{at} {event.outcome} {event.badge} at {event.view}: not written")
    return result


def spread(values: Iterable[float]) -> dict[str, float]:
    """Count, median, 95th percentile (nearest rank) and maximum."""
    ordered = sorted(values)
    if not ordered:
        return {"count": 0}
    rank = max(0, -(-len(ordered) * 95 // 100) - 1)
    return {
        "count": len(ordered),
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[rank], 1),
        "max": round(ordered[-1], 1),
    }


def _is_about(event: Seen, day: date, scene: Scene, actor: Actor) -> bool:
    starts = scene.starts_at(day)
    in_time = starts - _SLACK <= event.captured_at <= starts + timedelta(seconds=SCENE_S) + _SLACK
    return (
        in_time
        and event.view == scene.gate
        and event.outcome == _OUTCOMES[scene.outcome]
        and event.badge == actor.badge
    )


def _attendance_faults(day: date, stays: Sequence[Stay]) -> list[str]:
    found: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for stay in sorted(stays, key=lambda one: one.check_in):
        found.setdefault(stay.name, []).append((stay.check_in, stay.check_out))
    expected = expected_stays(day)
    faults = []
    for name in sorted(set(expected) | set(found)):
        wanted, got = expected.get(name, []), found.get(name, [])
        if len(wanted) != len(got) or not all(map(_same_stay, wanted, got)):
            faults.append(f"attendance of {name}: expected {_text(wanted)}, Odoo has {_text(got)}")
    return faults


def _same_stay(
    wanted: tuple[datetime, datetime | None], got: tuple[datetime, datetime | None]
) -> bool:
    return all(
        (one is None) == (other is None)
        and (one is None or other is None or 0 <= _after_s(one, other) <= SCENE_S)
        for one, other in zip(wanted, got, strict=True)
    )


def _after_s(wanted: datetime, got: datetime) -> float:
    # Odoo keeps whole seconds
    return (got - wanted.astimezone(got.tzinfo).replace(microsecond=0)).total_seconds()


def _text(stays: Sequence[tuple[datetime, datetime | None]]) -> str:
    return (
        ", ".join(
            f"{start.astimezone():%d %H:%M:%S}–{end.astimezone():%H:%M:%S}" if end else f"{start}–…"
            for start, end in stays
        )
        or "none"
    )
