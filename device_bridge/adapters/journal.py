"""A line of JSON per thing that happened, for whoever measures the bridge."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.ports import Clock


class Journal:
    """Implements ports.Feedback; names nobody, only numbers of employees.

    `committed_to_attendance_ms` is measured only for events that were delivered while
    the server was reachable all along.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._clock = clock
        self._lock = threading.Lock()
        self._committed_s: dict[str, float] = {}
        self._online = True

    def concluded(self, notice: Notice) -> None:
        conclusion = notice.conclusion
        candidate = conclusion.candidate
        with self._lock:
            if notice.uuid is not None and self._online:
                self._committed_s[notice.uuid] = self._clock.monotonic_s()
        self._note(
            {
                "kind": "encounter",
                "uuid": notice.uuid,
                "gate": notice.gate.id,
                "outcome": str(notice.outcome),
                "employee": candidate.person.employee if candidate and _is_named(notice) else None,
                "similarity": round(candidate.similarity, 4) if candidate else None,
                "captured_at": conclusion.time.captured_at.isoformat(),
                "frames": conclusion.frames,
                "votes": conclusion.votes,
                "face_px": conclusion.face_px,
                "pad": str(conclusion.pad.verdict),
                "seen_to_committed_ms": round(notice.seen_to_committed_ms, 1),
            }
        )

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        self._note({"kind": "guidance", "gate": gate.id, "say": guidance and str(guidance)})

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        with self._lock:
            committed_s = self._committed_s.pop(event["uuid"], None)
        took_ms = None if committed_s is None else (self._clock.monotonic_s() - committed_s) * 1000
        self._note(
            {
                "kind": "delivered",
                "uuid": event["uuid"],
                "outcome": event["outcome"],
                "employee": event["employee"],
                "status": result.get("status"),
                "reason": result.get("reason"),
                "review": result.get("review"),
                "direction": result.get("direction"),
                "committed_to_attendance_ms": None if took_ms is None else round(took_ms, 1),
            }
        )

    def unreachable(self, reason: str) -> None:
        with self._lock:
            self._online = False
            self._committed_s.clear()
        self._note({"kind": "unreachable", "reason": reason})

    def reachable(self) -> None:
        with self._lock:
            self._online = True
        self._note({"kind": "reachable"})

    def close(self) -> None:
        self._file.close()

    def _note(self, line: dict[str, Any]) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")


def _is_named(notice: Notice) -> bool:
    """For a stranger the candidate is only whoever looks most like them."""
    return notice.outcome in {Outcome.IDENTIFIED, Outcome.NO_CLEARANCE, Outcome.REFRACTORY}
