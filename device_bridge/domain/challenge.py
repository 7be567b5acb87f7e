"""The active challenge: blink, turn left, turn right, in an order that nobody can foresee.

This is its vocabulary; `judge.py` decides.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from device_bridge.domain.capture import Face
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.landmarks import Features

DEADLINE_S = 15.0


class Step(StrEnum):
    """What a person is asked to do."""

    BLINK = "blink"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"


class State(StrEnum):
    """How far a challenge has come."""

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


class Failure(StrEnum):
    """Why a challenge failed."""

    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    ANOTHER_PERSON = "another_person"
    WRONG_STEP = "wrong_step"
    MISSED_STEP = "missed_step"  # the same, after a try at the right one that was too fast to see


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is asked, of whom, and until when.

    Attributes:
        nonce: 128 random bits in hex; ties the event to this challenge.
        same_person: least similarity of a frontal frame to the identified person.
        deadline_s: from the first frame on, not counting time with two faces in view.
    """

    nonce: str
    steps: tuple[Step, ...]
    same_person: float
    deadline_s: float = DEADLINE_S


@dataclass(frozen=True, slots=True)
class Moment:
    """What one frame says of the person under challenge.

    Attributes:
        at_s: monotonic; any origin, the same for all moments of a challenge.
        faces: how many people are in front of the camera; bystanders far behind are none.
        face: None if the frame shows nothing new (a copy of the one before).
        features: None if the landmarks could not be had.
        similarity: to the identified person; None if the face is not fit to be compared.
    """

    at_s: float
    faces: int = 1
    face: Face | None = None
    features: Features | None = None
    similarity: float | None = None


class Phase(StrEnum):
    """How far the step under way has come."""

    REST = "rest"  # nothing is asked yet: wait for the person to look straight ahead
    AGAIN = "again"  # the same, after an attempt that did not count
    ASKED = "asked"  # the step is shown
    BEGUN = "begun"  # a turn on its way out, or eyes that have just closed
    DONE = "done"  # eyes closed, or head turned: wait for the return
    BACK = "back"  # a turn on its way back
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a challenge stands.

    Attributes:
        steps_done: how many of the challenge's steps.
        guidance: what to tell the person now; None when it is over.
        rest: this person's own features when they look straight ahead.
        spent_s: of the deadline.
        phase, seen, last_s, last_face, closed_s, strikes, tried: what `judge` needs to go on.
    """

    state: State = State.RUNNING
    steps_done: int = 0
    failure: Failure | None = None
    guidance: Guidance | None = Guidance.LOOK_STRAIGHT
    rest: Features | None = None
    spent_s: float = 0.0
    phase: Phase = Phase.REST
    seen: tuple[Features, ...] = ()
    last_s: float | None = None
    last_face: Face | None = None
    closed_s: float = 0.0
    strikes: int = 0
    tried: bool = False


def draw_challenge(chance: random.Random, same_person: float) -> Challenge:
    """A challenge that nobody can foresee, if `chance` is `secrets.SystemRandom()`."""
    steps = tuple(chance.sample(list(Step), k=len(Step)))
    return Challenge(f"{chance.getrandbits(128):032x}", steps, same_person)
