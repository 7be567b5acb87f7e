"""A gate's settings as the bridge needs them, read from wire/config.v1."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from device_bridge.domain.clearance import ClearanceRule
from device_bridge.domain.door import DoorPolicy
from device_bridge.domain.liveness import PadMode
from device_bridge.domain.vote import VotePolicy


class BadgeUse(StrEnum):
    """What a badge is for at a gate with a reader."""

    OFF = "off"
    AMBIGUOUS = "ambiguous"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class SpeechPolicy:
    """How a gate speaks.

    Attributes:
        on: whether it does at all.
        own_language: to people in their language, if it is one that the gate speaks.
        by_name: people are greeted by name; False: without.
    """

    on: bool = True
    own_language: bool = False
    by_name: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything that decides what happens at one gate.

    Attributes:
        threshold: cosine similarity that a candidate must reach.
        margin: lead over the second person that it must have.
        refractory_s: the same person within this time is the same visit.
        min_face_px: height of the face box below which nobody is looked at.
        pad: what is done against photos, screens and masks held up to the camera.
        language: of the gate, BCP 47.
        badge: what a badge is asked for.
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
    min_face_px: int = 44
    pad: PadMode = PadMode.OFF
    clearance: tuple[ClearanceRule, ...] = ()
    language: str = "en"
    speech: SpeechPolicy = field(default_factory=SpeechPolicy)
    door: DoorPolicy = field(default_factory=DoorPolicy)
    badge: BadgeUse = BadgeUse.OFF


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
        language=data["language"],
        speech=_read_speech(data),
        door=_read_door(data.get("door") or {}),
        badge=BadgeUse(data.get("badge", BadgeUse.OFF)),
    )


def _read_speech(data: dict[str, Any]) -> SpeechPolicy:
    """Servers before the gates had outputs of their own say only whether the voice is on."""
    speech = data.get("speech") or {}
    return SpeechPolicy(
        on=data["voice"],
        own_language=speech.get("language") == "employee",
        by_name=speech.get("greeting", "name") == "name",
    )


def _read_door(data: dict[str, Any]) -> DoorPolicy:
    usual = DoorPolicy()
    fail = data.get("fail", "secure")
    if fail not in {"secure", "safe"}:
        raise ValueError(f"a door fails secure or safe, not {fail!r}")
    return DoorPolicy(
        pulse_s=min(max(float(data.get("pulse_s", usual.pulse_s)), 0.2), 60.0),
        fail_safe=fail == "safe",
        several=bool(data.get("several", usual.several)),
        left_open_s=max(float(data.get("left_open_s", usual.left_open_s)), 1.0),
        emergency=bool(data.get("emergency", usual.emergency)),
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
