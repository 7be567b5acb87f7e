"""Small builders, so that a test says only what matters to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from device_bridge.domain.capture import Face, Frame
from device_bridge.domain.event import CaptureTime, Outcome, TimeSource
from device_bridge.domain.fingerprint import Fingerprint
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Candidate, Person
from device_bridge.domain.visit import Observation
from device_bridge.fakes.recognition import paint_face, vector_of

ROOT = Path(__file__).parents[1]
START = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
BOOT = "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f"
CHAIN = "7b0d8c1e-52a4-4a0e-9d2f-1c3e5a7b9d11"


def at(seconds: float, *, recording: bool = False) -> CaptureTime:
    """A capture so many seconds after START."""
    return CaptureTime(
        START + timedelta(seconds=seconds),
        round(1_000_000 + seconds * 1000),
        BOOT,
        TimeSource.RECORDING if recording else TimeSource.CLOCK,
    )


def gate(**changes: Any) -> Gate:
    defaults: dict[str, Any] = {"id": 1, "name": "Main entrance", "timezone": ZoneInfo("UTC")}
    return Gate(**(defaults | changes))


def person(employee: int, name: str = "", **changes: Any) -> Person:
    return Person(
        employee=employee,
        display_name=name or f"Person {employee}",
        vectors=vector_of(employee)[np.newaxis],
        **changes,
    )


def face(x: float = 100, y: float = 100, size: float = 100) -> Face:
    points = np.array([[0.3, 0.3], [0.7, 0.3], [0.5, 0.5], [0.35, 0.7], [0.65, 0.7]]) * size
    return Face((x, y, size, size), (points + np.array([x, y])).astype(np.float32), 0.9)


_fingerprints = iter(range(1, 10**9))


def of_picture(number: int) -> Fingerprint:
    """The fingerprint of a picture; another one for every number."""
    return Fingerprint(0, 0, np.full((2, 2), number, np.float32))


def look(
    employee: int | None = None,
    *,
    outcome: Outcome | None = None,
    similarity: float = 0.97,
    where: Face | None = None,
    fingerprint: int | None = None,
) -> Observation:
    """What one frame says of one face: somebody, or (None) a stranger."""
    known = outcome or (Outcome.NO_CANDIDATE if employee is None else Outcome.IDENTIFIED)
    if known is Outcome.NO_CANDIDATE and similarity == 0.97:
        similarity = 0.8
    compared = known is not Outcome.LOW_QUALITY
    return Observation(
        where or face(),
        of_picture(next(_fingerprints) if fingerprint is None else fingerprint),
        known,
        Candidate(person(employee or 99), similarity, 0.1) if compared else None,
        vector_of(employee or 7) if compared else None,
    )


def painted_frame(number: int, seconds: float, *colours: int, side_px: int = 120) -> Frame:
    """A 640×480 frame with one painted face per colour, side by side."""
    image = np.zeros((480, 640, 3), np.uint8)
    for place, colour in enumerate(colours):
        paint_face(image, colour, 40 + place * 200, 100, side_px, seed=number)
    return Frame(image, at(seconds), number)


def example(name: str) -> dict[str, Any]:
    """One of wire/examples."""
    data: dict[str, Any] = json.loads((ROOT / "wire" / "examples" / f"{name}.json").read_text())
    return data
