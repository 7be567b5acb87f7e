"""The live console: one line per encounter, as it happens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.liveness import PadVerdict
from device_bridge.domain.notice import Notice

_WORDS = {
    Outcome.NO_CANDIDATE: "stranger",
    Outcome.AMBIGUOUS: "too close to tell apart",
    Outcome.LOW_QUALITY: "face never clear enough",
}
_PAD_WORDS = {
    PadVerdict.ATTACK: "taken for a picture or a mask",
    PadVerdict.UNDECIDED: "not shown to be a live person",
}
_SAY = {
    Guidance.ONE_PERSON: "one person at a time, please",
    Guidance.COME_INTO_VIEW: "come into view",
    Guidance.COME_CLOSER: "come closer",
    Guidance.STEP_BACK: "step back a little",
    Guidance.MORE_LIGHT: "there is too little light",
    Guidance.LESS_LIGHT: "there is too much light",
    Guidance.LOOK_STRAIGHT: "look straight at the camera",
    Guidance.HOLD_UPRIGHT: "hold your head upright",
    Guidance.HOLD_STILL: "hold still",
    Guidance.BLINK: "close and open your eyes",
    Guidance.TURN_LEFT: "turn your head to your left and back",
    Guidance.TURN_RIGHT: "turn your head to your right and back",
    Guidance.SLOWER: "more slowly, please",
    Guidance.CANNOT_NOTE: "this cannot be noted now; please tell the office",
}


class Console:
    """Implements ports.Feedback.

    A line is printed when Odoo has answered, because only Odoo knows the direction;
    at once, without it, while Odoo cannot be reached.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: dict[str, Notice] = {}
        self._printed: set[str] = set()
        self._offline = False

    def concluded(self, notice: Notice) -> None:
        with self._lock:
            if notice.uuid is None:
                self._write(_line(notice, "", _unwritten(notice)))
                return
            self._waiting[notice.uuid] = notice
            if self._offline:
                self._print_stored(notice.uuid)

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        """Printed where people are asked to do something; elsewhere a screen shows it."""
        if guidance is not None and (gate.pad.is_active or guidance is Guidance.CANNOT_NOTE):
            with self._lock:
                self._write(f"-- {gate.name}: {_SAY[guidance]}")

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        with self._lock:
            notice = self._waiting.pop(event["uuid"], None)
            if notice is None:
                return  # from before this process; Odoo's screens show it
            direction = (result.get("direction") or "").upper()
            text = result.get("message") or result.get("review") or result.get("reason") or ""
            late = event["uuid"] in self._printed
            self._printed.discard(event["uuid"])
            self._write(_line(notice, direction, f"{text} (delivered late)" if late else text))

    def unreachable(self, reason: str) -> None:
        with self._lock:
            self._offline = True
            self._write(f"-- Odoo cannot be reached; events are kept. {reason}")
            for uuid in self._waiting:
                self._print_stored(uuid)

    def reachable(self) -> None:
        with self._lock:
            self._offline = False
            self._write("-- Odoo is back; everything kept has been delivered.")

    def _print_stored(self, uuid: str) -> None:
        self._printed.add(uuid)
        self._write(_line(self._waiting[uuid], "", "stored, Odoo is away"))


def _unwritten(notice: Notice) -> str:
    if notice.asks_badge:
        return "asked for a badge"
    if notice.outcome is Outcome.REFRACTORY:
        return f"again within {notice.gate.refractory_s} s, noted once"
    return "not written"


def _line(notice: Notice, direction: str, text: str) -> str:
    conclusion = notice.conclusion
    local = conclusion.time.captured_at.astimezone(notice.gate.timezone)
    candidate = conclusion.candidate
    who = _WORDS.get(notice.outcome, candidate.person.display_name if candidate else "stranger")
    if notice.outcome is Outcome.NO_CLEARANCE:
        text = f"no clearance for this gate. {text}".rstrip()
    if notice.outcome is Outcome.PRESENTATION_ATTACK:
        text = f"{_PAD_WORDS.get(conclusion.pad.verdict, '')}. {text}".rstrip()
    similarity = f"{candidate.similarity:.3f}" if candidate else "  –  "
    rec = "REC " if str(conclusion.time.time_source) == "recording" else ""
    return (
        f"{rec}{local:%a %H:%M:%S}  {notice.gate.name:<16.16}  {who:<18.18}  {direction:<3}"
        f"  {similarity}  {notice.seen_to_committed_ms:4.0f} ms  {text}"
    ).rstrip()
