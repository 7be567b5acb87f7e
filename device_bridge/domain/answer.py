"""What a gate answers to an encounter: whether its door opens, what is shown and said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from device_bridge.domain.event import Outcome
from device_bridge.domain.notice import Notice

FRESH_S = 5.0
"""An answer older than this is for somebody who has left: nothing opens, nothing is said."""


class Act(StrEnum):
    """What is said or shown. The code is the key of its text in every language."""

    HELLO = "hello"
    WELCOME = "welcome"
    GOODBYE = "goodbye"
    NOT_ALLOWED = "not_allowed"
    STRANGER = "stranger"
    USE_BADGE = "use_badge"
    NOT_LIVE = "not_live"


class Signal(StrEnum):
    """What lamps and buzzer tell those who cannot hear or read."""

    PASS = "pass"  # noqa: S105 (no password: the door opens)
    WAIT = "wait"
    REFUSED = "refused"
    HERE = "here"


_BY_DIRECTION = {"in": Act.WELCOME, "out": Act.GOODBYE}
_REFUSALS = {
    Outcome.NO_CLEARANCE: (Act.NOT_ALLOWED, Signal.REFUSED),
    Outcome.NO_CANDIDATE: (Act.STRANGER, Signal.REFUSED),
    Outcome.PRESENTATION_ATTACK: (Act.NOT_LIVE, Signal.REFUSED),
    Outcome.AMBIGUOUS: (Act.USE_BADGE, Signal.WAIT),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; every output of the gate does its own part of it.

    Attributes:
        act: what to say; None for a repeat, which opens the door and is not greeted again.
        admits: whom the door opens for; None: it stays shut.
        name: of the person greeted, None for everybody else.
        language: of the person, BCP 47 or Odoo's code; None if unknown.
        uuid: of the event, by which Odoo's word on the direction finds its answer.
        decided_s: monotonic time at which the encounter was concluded.
        waits_for_word: the gate is entrance and exit, so only Odoo knows the direction.
    """

    act: Act | None
    signal: Signal
    decided_s: float
    admits: int | None = None
    name: str | None = None
    language: str | None = None
    uuid: str | None = None
    waits_for_word: bool = False

    def is_fresh(self, now_s: float) -> bool:
        return now_s - self.decided_s <= FRESH_S


def answer_to(notice: Notice) -> Answer | None:
    """The gate's answer; None where there is nobody to tell anything."""
    if notice.outcome in _REFUSALS:
        act, signal = _REFUSALS[notice.outcome]
        candidate = notice.conclusion.candidate
        known = candidate if notice.outcome is Outcome.NO_CLEARANCE else None
        language = known.person.language if known else None
        return Answer(act, signal, notice.decided_s, language=language, uuid=notice.uuid)
    candidate = notice.conclusion.candidate
    if notice.asks_badge:
        language = candidate.person.language if candidate else None
        return Answer(Act.USE_BADGE, Signal.WAIT, notice.decided_s, language=language)
    if candidate is None or not notice.admits:
        return None
    person, direction = candidate.person, notice.gate.direction
    is_first = notice.outcome is Outcome.IDENTIFIED
    return Answer(
        act=_BY_DIRECTION.get(direction, Act.HELLO) if is_first else None,
        signal=Signal.PASS,
        decided_s=notice.decided_s,
        admits=person.employee,
        name=person.display_name,
        language=person.language,
        uuid=notice.uuid,
        waits_for_word=is_first and direction not in _BY_DIRECTION,
    )


def act_of(direction: str | None) -> Act:
    """How Odoo's word on a direction is said."""
    return _BY_DIRECTION.get(direction or "", Act.HELLO)
