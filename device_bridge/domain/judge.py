"""Judging the active challenge on what was measured in each frame.

`judge` is a pure fold, so that a gate may feed it frame by frame (`advance`) and a server
that keeps no state may judge a list at once.

What it takes to pass: one person, always the same by their templates, never out of view,
does each step when it is asked for, starting and ending at rest. What fails at once is a
turn that was not asked for, somebody else, a gap, or the deadline. A blink in between is
nature and counts against nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from functools import reduce
from statistics import median

from device_bridge.domain.capture import Face
from device_bridge.domain.challenge import (
    Challenge,
    Failure,
    Moment,
    Phase,
    Progress,
    State,
    Step,
)
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.landmarks import Features
from device_bridge.domain.track import match_tracks

MOST_GAP_S = 1.0
"""A face out of view for longer may have been exchanged."""

MIN_FACE_PX = 80
"""Below this height eyelids are a pixel or two."""

# Measured on photos, posed photos and photos moved in front of the camera (docs/liveness.md).
BASELINE_FRAMES = 5
STEADY_TURN = 0.15
FRONTAL_TURN = 0.45
EYES_OPEN = 0.17
CLOSED_PART = 0.76
REOPENED_PART = 0.85
SAME_LENGTH_PART = 0.1
LONGEST_BLINK_S = 1.5
TURN_BEGUN = 0.15
TURN_DONE = 0.35
LENGTH_WHEN_TURNED = (0.88, 1.3)
"""Over that at rest. Foreshortened more or less than this, it is no head but a flat picture
held at an angle, whose landmarks go astray."""
STRIKES = 3
"""So many frames in a row that are not the identified person are somebody else."""
TURNED_SLACK = 0.06
"""A turned face is less similar to its frontal templates; a stranger's is still less."""


_SIDE = {Step.BLINK: 0, Step.TURN_LEFT: 1, Step.TURN_RIGHT: -1}
"""Sign of the turn that a step asks for."""


def judge(challenge: Challenge, moments: Iterable[Moment]) -> Progress:
    """What the moments, oldest first, come to."""
    return reduce(lambda progress, one: advance(challenge, progress, one), moments, Progress())


def advance(challenge: Challenge, progress: Progress, moment: Moment) -> Progress:
    """`progress` after one more moment; what is over stays as it is."""
    if progress.state is not State.RUNNING:
        return progress
    progress = _keep_time(challenge, progress, moment)
    if progress.state is not State.RUNNING or moment.faces > 1 or moment.face is None:
        return progress
    progress = _keep_in_view(progress, moment.face)
    if progress.state is not State.RUNNING or moment.features is None:
        return progress
    if moment.face.height_px < MIN_FACE_PX:
        phase = Phase.REST if progress.phase is Phase.REST else Phase.AGAIN
        return replace(progress, guidance=Guidance.COME_CLOSER, phase=phase)
    return _judge_face(challenge, progress, moment.features, moment)


def _keep_time(challenge: Challenge, progress: Progress, moment: Moment) -> Progress:
    """The deadline runs while one person is in view; no gap may hide an exchange."""
    gap_s = 0.0 if progress.last_s is None else moment.at_s - progress.last_s
    if not 0 <= gap_s <= MOST_GAP_S:
        return _failed(progress, Failure.INTERRUPTED)
    progress = replace(progress, last_s=moment.at_s)
    if moment.faces > 1:
        # what the second person makes them do is no answer
        return replace(progress, guidance=Guidance.ONE_PERSON, phase=Phase.REST, last_face=None)
    progress = replace(progress, spent_s=progress.spent_s + gap_s)
    late = progress.spent_s > challenge.deadline_s
    return _failed(progress, Failure.DEADLINE) if late else progress


def _keep_in_view(progress: Progress, face: Face) -> Progress:
    if progress.last_face and match_tracks([progress.last_face], [face]) != [0]:
        return _failed(progress, Failure.INTERRUPTED)
    return replace(progress, last_face=face)


def _judge_face(
    challenge: Challenge, progress: Progress, features: Features, moment: Moment
) -> Progress:
    progress, same = _compare(challenge, progress, features, moment.similarity)
    if progress.strikes >= STRIKES:
        return _failed(progress, Failure.ANOTHER_PERSON)
    rest = progress.rest
    if rest is None:
        return _find_rest(progress, features, same)
    turn = features.turn - rest.turn
    step = challenge.steps[progress.steps_done]
    before = challenge.steps[progress.steps_done - 1] if progress.steps_done else None
    if _is_wrong_turn(step, before, progress.phase, turn):
        return _failed(progress, Failure.MISSED_STEP if progress.tried else Failure.WRONG_STEP)
    at_rest = same and _is_at_rest(features, rest)
    if progress.phase in {Phase.REST, Phase.AGAIN}:
        return _ask(progress, step) if at_rest else progress
    if step is Step.BLINK:
        progress = _blink(progress, features, rest, moment.at_s, same=same)
    else:
        least, most = LENGTH_WHEN_TURNED
        if least <= features.length / rest.length <= most:
            turn = turn if step is Step.TURN_LEFT else -turn
            progress = _turn(progress, turn, at_rest=at_rest)
    return _next_step(challenge, progress)


def _compare(
    challenge: Challenge, progress: Progress, features: Features, similarity: float | None
) -> tuple[Progress, bool]:
    """Whether this frame shows the identified person; and the strikes against it."""
    if similarity is None:
        return progress, False
    same = similarity >= challenge.same_person
    centre, reach = (progress.rest.turn, TURN_BEGUN) if progress.rest else (0.0, FRONTAL_TURN)
    is_turned = abs(features.turn - centre) > reach
    passable = similarity >= challenge.same_person - (TURNED_SLACK if is_turned else 0)
    return replace(progress, strikes=0 if passable else progress.strikes + 1), same


def _find_rest(progress: Progress, features: Features, same: bool) -> Progress:
    """The person's own face at rest, from frames that agree; nobody's is exactly zero."""
    if not same or abs(features.turn) > FRONTAL_TURN or features.openness < EYES_OPEN:
        return progress
    seen = (*progress.seen, features)[-BASELINE_FRAMES:]
    turns = [one.turn for one in seen]
    progress = replace(progress, seen=seen)
    if len(seen) < BASELINE_FRAMES or max(turns) - min(turns) > STEADY_TURN:
        return progress
    rest = Features(
        openness=median(one.openness for one in seen),
        turn=median(turns),
        length=median(one.length for one in seen),
    )
    return replace(progress, rest=rest)


def _is_wrong_turn(step: Step, before: Step | None, phase: Phase, turn: float) -> bool:
    """A turn that was not asked for. Before a step is asked, to look around is no answer; and until
    it is begun, whoever does the one before again was asked to by a page that has missed it."""
    if phase is Phase.REST or abs(turn) < TURN_DONE or turn * _SIDE[step] > 0:
        return False
    is_begun = phase not in {Phase.ASKED, Phase.AGAIN}
    return is_begun or before is None or turn * _SIDE[before] <= 0


def _is_facing(features: Features, rest: Features) -> bool:
    """Straight ahead, whatever the eyes do; neither turned nor nodding nor tilted back."""
    return (
        abs(features.turn - rest.turn) <= TURN_BEGUN
        and abs(features.length / rest.length - 1) <= SAME_LENGTH_PART
    )


def _is_at_rest(features: Features, rest: Features) -> bool:
    return _is_facing(features, rest) and features.openness >= REOPENED_PART * rest.openness


def _ask(progress: Progress, step: Step) -> Progress:
    return replace(progress, guidance=Guidance(step), phase=Phase.ASKED)


def _again(progress: Progress, say: Guidance = Guidance.LOOK_STRAIGHT) -> Progress:
    return replace(progress, guidance=say, phase=Phase.AGAIN)


def _blink(
    progress: Progress, features: Features, rest: Features, at_s: float, *, same: bool
) -> Progress:
    """Eyes that close and open again, of a face that does nothing else meanwhile."""
    if not _is_facing(features, rest):
        return _again(progress)
    if progress.phase in {Phase.ASKED, Phase.BEGUN}:
        closed = same and features.openness <= CLOSED_PART * rest.openness
        # one frame may be a slip of the landmarks; a photo that is shaken makes some
        further = Phase.DONE if progress.phase is Phase.BEGUN else Phase.BEGUN
        return replace(progress, phase=further if closed else Phase.ASKED, closed_s=at_s)
    if at_s - progress.closed_s > LONGEST_BLINK_S:
        return _again(progress)
    opened = same and _is_at_rest(features, rest)
    return replace(progress, phase=Phase.FINISHED) if opened else progress


def _turn(progress: Progress, turn: float, *, at_rest: bool) -> Progress:
    """A turn out and back.

    Args:
        turn: against rest, positive towards the side that was asked for.
    """
    zone = _Zone.REST if at_rest else _Zone.FAR if turn >= TURN_DONE else _Zone.BETWEEN
    if zone is _Zone.BETWEEN and turn < TURN_BEGUN:
        return progress
    phase, say = _TURNING.get((progress.phase, zone), (progress.phase, None))
    tried = progress.tried or phase is Phase.AGAIN
    return replace(progress, phase=phase, guidance=say or progress.guidance, tried=tried)


class _Zone(StrEnum):
    """How far a head is turned."""

    REST = "rest"
    BETWEEN = "between"
    FAR = "far"


# Out and back both pass through what lies between: a picture exchanged for another jumps.
_TURNING: dict[tuple[Phase, _Zone], tuple[Phase, Guidance | None]] = {
    (Phase.ASKED, _Zone.FAR): (Phase.AGAIN, Guidance.SLOWER),
    (Phase.ASKED, _Zone.BETWEEN): (Phase.BEGUN, None),
    (Phase.BEGUN, _Zone.REST): (Phase.ASKED, None),
    (Phase.BEGUN, _Zone.FAR): (Phase.DONE, Guidance.LOOK_STRAIGHT),
    (Phase.DONE, _Zone.BETWEEN): (Phase.BACK, None),
    (Phase.DONE, _Zone.REST): (Phase.AGAIN, Guidance.SLOWER),
    (Phase.BACK, _Zone.FAR): (Phase.DONE, None),
    (Phase.BACK, _Zone.REST): (Phase.FINISHED, None),
}
"""The next phase, and what to say if that changes."""


def _next_step(challenge: Challenge, progress: Progress) -> Progress:
    """A step ends at rest, which is where the next one may begin."""
    if progress.phase is not Phase.FINISHED:
        return progress
    progress = replace(progress, steps_done=progress.steps_done + 1, tried=False)
    if progress.steps_done == len(challenge.steps):
        return replace(progress, state=State.PASSED, guidance=None)
    return _ask(progress, challenge.steps[progress.steps_done])


def _failed(progress: Progress, failure: Failure) -> Progress:
    return replace(progress, state=State.FAILED, failure=failure, guidance=None)
