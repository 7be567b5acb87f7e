"""What `doctor` found at a gate, judged, with what to do about it. Pure: measures come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from device_bridge.domain.quality import MATCH


class Check(StrEnum):
    """One line of the sheet."""

    CAMERA = "camera"
    FRAME_RATE = "frame_rate"
    LIGHT = "light"
    FACE_SIZE = "face_size"
    LATENCY = "latency"
    CLOCK = "clock"
    DISK = "disk"
    WEIGHTS = "weights"
    SERVER = "server"
    VOICE = "voice"
    RELAY = "relay"


class Level(StrEnum):
    """From best to worst; `skipped` says nothing of the gate."""

    SKIPPED = "skipped"
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    Attributes:
        value: what was measured, in `unit`; None where there is no number.
        advice: what to do; "" where nothing is to be done.
    """

    check: Check
    level: Level
    text: str
    advice: str = ""
    value: float | None = None
    unit: str = ""


def worst(findings: Sequence[Finding]) -> Level:
    """The level of the whole sheet."""
    order = list(Level)
    return max((one.level for one in findings), key=order.index, default=Level.SKIPPED)


FEW_FPS, ENOUGH_FPS = 5.0, 10.0
"""A vote of three looks within three seconds needs one frame a second; people who walk need
ten. From docs/benchmarks.md: at 15 frames a second a vote takes a fifth of one."""
ENOUGH_FACE_PX = 60.0
"""A quarter above the smallest, so that a step back does not lose anybody."""
DIM = 60.0
"""Mean grey level of a face that is seen, but leaves little for the evening."""
MOST_LATENCY_MS = 1000.0
"""From face in view to outcome, on a Raspberry Pi 4 (requirement G5)."""
CLOSE_CLOCK_MS, WRONG_CLOCK_MS = 2_000, 60_000
FEW_EVENTS, SOME_EVENTS = 10_000, 300_000
"""Thirty days at ten thousand events a day are to fit."""


def frame_rate(fps: float) -> Finding:
    """Fresh frames per second."""
    text = f"{fps:.1f} frames a second"
    if fps >= ENOUGH_FPS:
        return Finding(Check.FRAME_RATE, Level.OK, text, "", round(fps, 1), "fps")
    advice = "Ask the camera for a smaller picture, 15 frames a second or a cable instead of Wi-Fi."
    level = Level.WARN if fps >= FEW_FPS else Level.FAIL
    return Finding(Check.FRAME_RATE, level, text, advice, round(fps, 1), "fps")


def face_size(height_px: float | None, smallest_px: float) -> Finding:
    """Of whoever stands at the mark; None: nobody did."""
    if height_px is None:
        advice = "Let somebody stand at the mark and repeat."
        return Finding(Check.FACE_SIZE, Level.WARN, "nobody stood at the mark", advice)
    text, value = f"a face at the mark is {height_px:.0f} px high", round(height_px, 1)
    if height_px < smallest_px:
        advice = "Move the mark or the camera closer, or choose a larger picture."
        return Finding(Check.FACE_SIZE, Level.FAIL, text, advice, value, "px")
    if height_px < max(ENOUGH_FACE_PX, smallest_px * 1.25):
        advice = "It is enough, barely: somebody who stands a step back is not seen."
        return Finding(Check.FACE_SIZE, Level.WARN, text, advice, value, "px")
    return Finding(Check.FACE_SIZE, Level.OK, text, "", value, "px")


def light(brightness: float | None, burnt_part: float) -> Finding:
    """On the face at the mark: mean grey level 0–255, and the share of it that is white."""
    if brightness is None:
        return Finding(Check.LIGHT, Level.SKIPPED, "not measured: nobody stood at the mark")
    text, value = f"a face at the mark has brightness {brightness:.0f} of 255", round(brightness, 1)
    if burnt_part > MATCH.max_burnt_part:
        advice = "Turn the camera from the sun or the lamp, or shade it."
        return Finding(Check.LIGHT, Level.FAIL, f"{text}, much of it white", advice, value, "grey")
    if brightness < MATCH.min_brightness:
        advice = "Put a lamp that lights faces from the front; a window behind people darkens them."
        return Finding(Check.LIGHT, Level.FAIL, text, advice, value, "grey")
    if brightness < DIM:
        advice = "Enough now; try again when it is darkest, or add a lamp."
        return Finding(Check.LIGHT, Level.WARN, text, advice, value, "grey")
    return Finding(Check.LIGHT, Level.OK, text, "", value, "grey")


def outcome_ms(observe_ms: float, commit_ms: float, fps: float, votes: int) -> float:
    """How long from the first usable frame to the outcome.

    Each further look waits for the next frame, or for the one before to be worked through,
    whichever takes longer.
    """
    return (votes - 1) * max(1000 / max(fps, 0.1), observe_ms) + observe_ms + commit_ms


def latency(milliseconds: float, machine: str) -> Finding:
    """`milliseconds` as of `outcome_ms`, with what was measured on this machine."""
    text = f"{milliseconds:.0f} ms from face in view to outcome, measured on {machine}"
    value = round(milliseconds, 1)
    if milliseconds <= MOST_LATENCY_MS:
        return Finding(Check.LATENCY, Level.OK, text, "", value, "ms")
    advice = (
        "Use a smaller picture, fewer gates per machine, or a faster one; check for throttling."
    )
    level = Level.WARN if milliseconds <= 2 * MOST_LATENCY_MS else Level.FAIL
    return Finding(Check.LATENCY, level, text, advice, value, "ms")


def clock(offset_ms: int | None) -> Finding:
    """This machine's clock against the server's."""
    if offset_ms is None:
        return Finding(Check.CLOCK, Level.SKIPPED, "not measured: the server did not answer")
    off_ms = abs(offset_ms)
    text = f"{off_ms / 1000:.1f} s {'behind' if offset_ms > 0 else 'ahead of'} the server"
    if off_ms <= CLOSE_CLOCK_MS:
        return Finding(Check.CLOCK, Level.OK, text, "", offset_ms, "ms")
    advice = "Switch on time synchronisation: sudo timedatectl set-ntp true."
    level = Level.WARN if off_ms <= WRONG_CLOCK_MS else Level.FAIL
    return Finding(Check.CLOCK, level, text, advice, offset_ms, "ms")


def disk(events: int) -> Finding:
    """How many more events the outbox has room for."""
    text = f"room for {events:,} events".replace(",", " ")
    if events >= SOME_EVENTS:
        return Finding(Check.DISK, Level.OK, text, "", events, "events")
    advice = "Free the disk that state.directory is on: a month without network should fit."
    level = Level.WARN if events >= FEW_EVENTS else Level.FAIL
    return Finding(Check.DISK, level, text, advice, events, "events")
