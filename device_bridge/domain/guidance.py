"""What to tell the person in front of a camera; codes that a screen or a voice can say."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from device_bridge.domain.quality import Defect


class Guidance(StrEnum):
    """One instruction. The code is the key of its text in every language."""

    ONE_PERSON = "one_person"
    COME_INTO_VIEW = "come_into_view"
    COME_CLOSER = "come_closer"
    STEP_BACK = "step_back"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    LOOK_STRAIGHT = "look_straight"
    HOLD_UPRIGHT = "hold_upright"
    HOLD_STILL = "hold_still"
    BLINK = "blink"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    SLOWER = "slower"
    CANNOT_NOTE = "cannot_note"


# In the order in which to say them: what spoils everything else comes first. A face that
# is too far away also looks blurred, and one that is cut off also looks turned.
REMEDIES = {
    Defect.CUT_OFF: Guidance.COME_INTO_VIEW,
    Defect.TOO_FAR: Guidance.COME_CLOSER,
    Defect.TOO_CLOSE: Guidance.STEP_BACK,
    Defect.DARK: Guidance.MORE_LIGHT,
    Defect.BRIGHT: Guidance.LESS_LIGHT,
    Defect.TURNED: Guidance.LOOK_STRAIGHT,
    Defect.TILTED: Guidance.HOLD_UPRIGHT,
    Defect.BLURRED: Guidance.HOLD_STILL,
}


def guidance(defects: Sequence[Defect], *, faces: int = 1) -> Guidance | None:
    """The one thing to say first; None when there is nothing to better.

    Args:
        defects: of the face that counts.
        faces: how many faces count in the picture. At a kiosk and at enrolment more than
            one is a reason to wait; a gate that takes people side by side passes 1.
    """
    if faces == 0:
        return Guidance.COME_INTO_VIEW
    if faces > 1:
        return Guidance.ONE_PERSON
    return next((say for defect, say in REMEDIES.items() if defect in defects), None)
