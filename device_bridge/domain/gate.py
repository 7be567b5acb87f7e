"""A gate's settings as the bridge needs them, read from wire/config.v1."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from device_bridge.domain.clearance import ClearanceRule
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.vote import VotePolicy


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything that decides what happens at one gate.

    Attributes:
        threshold: cosine similarity that a candidate must reach.
        margin: lead over the second person that it must have.
        refractory_s: the same person within this time is the same visit.
        min_face_px: height of the face box below which nobody is looked at.
        pad: what is done against photos, screens and masks held up to the camera.
    """

    id: int
    name: str
    timezone: ZoneInfo
    direction: str = "auto"
    recording: bool = False
    threshold: float = 0.95
    margin: float = 0.01
    vote: VotePolicy = field(default_factory=VotePolicy)
    refractory_s: int = 60
    min_face_px: int = 48
    pad: PadMode = PadMode.OFF
    clearance: tuple[ClearanceRule, ...] = ()


def read_gate(data: dict[str, Any]) -> Gate:
    """A gate of wire/config.v1. Raises KeyError or ValueError for anything else."""
    vote = data["vote"]
    if not isinstance(data["refractory_s"], int) or not isinstance(data["min_face_px"], int):
        raise ValueError("refractory_s and min_face_px are whole numbers")
    return Gate(
        id=data["id"],
        name=data["name"],
        timezone=ZoneInfo(data["timezone"]),
        direction=data["direction"],
        recording=data["recording"],
        threshold=float(data["threshold"]),
        margin=float(data["margin"]),
        vote=VotePolicy(vote["k"], vote["n"], float(vote["within_s"])),
        refractory_s=data["refractory_s"],
        min_face_px=data["min_face_px"],
        pad=PadMode(data["pad"]),
        clearance=tuple(_read_rule(rule) for rule in data["clearance"]),
    )


def _read_rule(data: dict[str, Any]) -> ClearanceRule:
    return ClearanceRule(
        departments=frozenset(data["departments"]),
        employees=frozenset(data["employees"]),
        tags=frozenset(data["tags"]),
        weekdays=frozenset(data["weekdays"]),
        from_time=time.fromisoformat(data["from"]),
        to_time=time.max if data["to"] == "24:00" else time.fromisoformat(data["to"]),
    )
