"""Did the day come out right? Pure: the story, what the bridge noted, and what Odoo holds."""

from __future__ import annotations

import statistics
from collections import Counter
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
    "repeat": "refractory",
}
_SLACK = timedelta(seconds=0.2)


@dataclass
class Verdict:
    """What `build/demo.json` says, and the sentences behind every count of a fault."""

    figures: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stay:
    """One row of Odoo's attendance report."""

    name: str
    check_in: datetime
    check_out: datetime | None


def judge(
    day: date,
    journal: Sequence[dict[str, Any]],
    badges: dict[int, str],
    gates: dict[int, str],
    events: Sequence[str],
    stays: Sequence[Stay],
) -> Verdict:
    """Compare the day as written with the day as it was recorded.

    Args:
        journal: the bridge's journal, line by line.
        badges, gates: by Odoo id, the employee's badge and the gate's view.
        events: UUIDs of all events that Odoo holds.
        stays: all attendance rows that Odoo reports.
    """
    verdict = Verdict()
    met = [line for line in journal if line["kind"] == "encounter"]
    left = list(met)
    correct = 0
    for scene in SCENES:
        for actor in scene.actors:
            line = _take(left, day, scene, actor, badges, gates)
            correct += line is not None
            if line is None:
                verdict.faults.append(f"{scene.at} {actor.name} at {scene.gate}: not as written")
    for line in left:
        verdict.faults.append(f"{line['captured_at']} {line['outcome']}: nobody was there")
    verdict.faults += _attendance_faults(day, stays)
    committed = [line["uuid"] for line in met if line["uuid"]]
    lost = set(committed) - set(events)
    doubled = [one for one, count in Counter(events).items() if count > 1]
    verdict.faults += [f"event {one} was lost" for one in sorted(lost)]
    verdict.faults += [f"event {one} was doubled" for one in doubled]
    by_outcome = Counter(line["outcome"] for line in met)
    strangers = sum(scene.outcome == "stranger" for scene in SCENES)
    verdict.figures = {
        "encounters": len(met),
        "correct": correct,
        "wrong": len(verdict.faults) - len(lost) - len(doubled),
        "strangers_seen": strangers,
        "strangers_refused": by_outcome["no_candidate"],
        "clearance_refused": by_outcome["no_clearance"],
        "duplicates_suppressed": by_outcome["refractory"],
        "never_resolved": by_outcome["low_quality"],
        "events_lost": len(lost),
        "events_doubled": len(doubled),
        "seen_to_committed_ms": spread(
            line["seen_to_committed_ms"] for line in met if line["uuid"]
        ),
        "committed_to_attendance_ms": spread(
            line["committed_to_attendance_ms"]
            for line in journal
            if line["kind"] == "delivered" and line["committed_to_attendance_ms"] is not None
        ),
        "late_deliveries": sum(
            line["kind"] == "delivered" and line["committed_to_attendance_ms"] is None
            for line in journal
        ),
    }
    return verdict


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


def _take(
    left: list[dict[str, Any]],
    day: date,
    scene: Scene,
    actor: Actor,
    badges: dict[int, str],
    gates: dict[int, str],
) -> dict[str, Any] | None:
    """The journal's line for one actor of one scene, taken out of `left`; None if there is none."""
    starts = scene.starts_at(day)
    for line in left:
        at = datetime.fromisoformat(line["captured_at"])
        in_time = starts - _SLACK <= at <= starts + timedelta(seconds=SCENE_S) + _SLACK
        # for a stranger the journal names whoever came closest; the event names nobody
        who = badges.get(line["employee"], "?") if actor.badge else ""
        if (
            in_time
            and gates[line["gate"]] == scene.gate
            and line["outcome"] == _OUTCOMES[scene.outcome]
            and who == actor.badge
        ):
            left.remove(line)
            return line
    return None


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
