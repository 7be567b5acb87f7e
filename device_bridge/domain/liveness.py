"""Presentation attack detection (PAD), in the terms of ISO/IEC 30107-3.

Two ways, each on its own or together: a passive detector whose opinions of single frames
are voted over, and an active challenge (challenge.py).
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NewType

from device_bridge.domain.challenge import (
    Challenge,
    Moment,
    Progress,
    State,
    draw_challenge,
)
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.judge import advance

PadScore = NewType("PadScore", float)
"""Probability that a face is bona fide, 0–1."""

REAL_AT = 0.7
"""FINDINGS, "FasNet": 58 of 62 web photos pass at this score."""

FRAMES = 10
LEAST_FRAMES = 3
MOST_PART = 0.75
"""So many of the last frames, and this share of them, must agree."""

PASSIVE_WITHIN_S = 3.0
"""Somebody whom the frames do not agree on for this long stays undecided, and outside."""

SAME_PERSON_SLACK = 0.03
"""Closed eyes and a smile cost some similarity; another person costs more than this."""


class PadMode(StrEnum):
    """What a gate asks for (wire/config.v1, `pad`)."""

    OFF = "off"
    PASSIVE = "passive"
    ACTIVE = "active"
    BOTH = "both"

    @property
    def is_passive(self) -> bool:
        return self in {PadMode.PASSIVE, PadMode.BOTH}

    @property
    def is_active(self) -> bool:
        return self in {PadMode.ACTIVE, PadMode.BOTH}


class PadVerdict(StrEnum):
    """What it came to (wire/event.v1, `pad`)."""

    OFF = "off"
    BONA_FIDE = "bona_fide"
    ATTACK = "attack"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class PadLook:
    """A passive detector's opinion of one face in one frame.

    Attributes:
        is_real: whether bona fide is its most probable class.
        score: the probability of that class, whichever is the most probable.
    """

    is_real: bool
    score: PadScore

    @property
    def is_bona_fide(self) -> bool:
        return self.is_real and self.score >= REAL_AT


@dataclass(frozen=True, slots=True)
class PadResult:
    """A verdict with what explains it.

    Attributes:
        score: mean over the frames that were voted on; None without a passive detector.
        evidence: goes into the event; numbers, words and the challenge's nonce, no image.
    """

    verdict: PadVerdict
    score: PadScore | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def lets_pass(self) -> bool:
        return self.verdict in {PadVerdict.OFF, PadVerdict.BONA_FIDE}


OFF = PadResult(PadVerdict.OFF)


def vote(looks: Sequence[PadLook]) -> PadVerdict:
    """Bona fide or attack where enough of the last frames agree, else undecided.

    An attack is what the detector takes for one; a face that it takes for real, but not
    surely, speaks for neither side.
    """
    recent = looks[-FRAMES:]
    enough = max(LEAST_FRAMES, MOST_PART * len(recent))
    if sum(look.is_bona_fide for look in recent) >= enough:
        return PadVerdict.BONA_FIDE
    if sum(not look.is_real for look in recent) >= enough:
        return PadVerdict.ATTACK
    return PadVerdict.UNDECIDED


def combine(verdicts: Sequence[PadVerdict]) -> PadVerdict:
    """One attack is an attack; bona fide is who is bona fide by every check asked for."""
    if PadVerdict.ATTACK in verdicts:
        return PadVerdict.ATTACK
    if PadVerdict.UNDECIDED in verdicts:
        return PadVerdict.UNDECIDED
    return PadVerdict.BONA_FIDE if verdicts else PadVerdict.OFF


class PadCheck:
    """The check of one encounter, from the moment somebody was identified."""

    def __init__(self) -> None:
        self._looks: dict[int, deque[PadLook]] = {}
        self._challenge: Challenge | None = None
        self._progress = Progress()
        self._began_s: float | None = None

    @property
    def guidance(self) -> Guidance | None:
        """What the challenge under way asks for."""
        return self._progress.guidance if self._challenge else None

    def look(self, employee: int, look: PadLook) -> None:
        """An opinion of a frame in which this employee was identified; nobody else's count."""
        self._looks.setdefault(employee, deque(maxlen=FRAMES)).append(look)

    def begin(self, mode: PadMode, now_s: float, chance: random.Random, threshold: float) -> None:
        """Somebody has been identified with this `threshold`; from now on the time runs."""
        if self._began_s is None:
            self._began_s = now_s
        if mode.is_active and self._challenge is None:
            self._challenge = draw_challenge(chance, threshold - SAME_PERSON_SLACK)

    def see(self, moment: Moment) -> None:
        """One frame of the challenge, if there is one."""
        if self._challenge is not None:
            self._progress = advance(self._challenge, self._progress, moment)

    def result(
        self, mode: PadMode, employee: int, now_s: float, *, final: bool = False
    ) -> PadResult | None:
        """The verdict on this employee; None while it is worth waiting.

        Args:
            final: the face has left, or nobody waits: what is open stays undecided.
        """
        verdicts: list[PadVerdict] = []
        evidence: dict[str, Any] = {}
        score = None
        waited_s = 0.0 if self._began_s is None else now_s - self._began_s
        is_open = False
        if mode.is_passive:
            looks = tuple(self._looks.get(employee, ()))
            verdicts.append(vote(looks))
            is_open |= verdicts[-1] is PadVerdict.UNDECIDED and waited_s < PASSIVE_WITHIN_S
            score = _mean(looks)
            evidence |= {"pad_frames": len(looks), "pad_score": score and round(score, 4)}
        if mode.is_active:
            verdicts.append(_VERDICTS[self._progress.state])
            is_open |= self._progress.state is State.RUNNING
            if self._challenge is not None:
                evidence |= {"challenge": _account(self._challenge, self._progress)}
        verdict = combine(verdicts)
        if is_open and not final and verdict is not PadVerdict.ATTACK:
            return None
        return PadResult(verdict, score, evidence)


_VERDICTS = {
    State.RUNNING: PadVerdict.UNDECIDED,
    State.PASSED: PadVerdict.BONA_FIDE,
    State.FAILED: PadVerdict.ATTACK,
}


def _account(challenge: Challenge, progress: Progress) -> dict[str, Any]:
    return {
        "nonce": challenge.nonce,
        "steps": [str(step) for step in challenge.steps],
        "steps_done": progress.steps_done,
        "failure": progress.failure and str(progress.failure),
    }


def _mean(looks: Sequence[PadLook]) -> PadScore | None:
    """Mean probability of bona fide; for a face taken for an attack at most what is left."""
    if not looks:
        return None
    real = [look.score if look.is_real else 1 - look.score for look in looks]
    return PadScore(sum(real) / len(real))
