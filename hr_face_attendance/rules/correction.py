"""Compensating events: "that was wrong" and what HR corrects.

Facts are never changed. A correction is a fact of its own about an earlier one, and the
latest about a punch decides what the fold gets to see of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime

VOID, DIRECTION, RESTORE = "void", "direction", "restore"
KINDS = (VOID, DIRECTION, RESTORE)


@dataclass(frozen=True)
class Correction:
    """What somebody said of the punch `target` at `made_at` (aware UTC).

    Attributes:
        kind: VOID (not me, did not happen), DIRECTION (it was `direction` instead) or
            RESTORE (what the gate saw holds after all).
        direction: "in" or "out" with DIRECTION, None otherwise.
    """

    uuid: str
    made_at: datetime
    target: str
    kind: str
    direction: str | None = None

    def __post_init__(self):
        directions = ("in", "out") if self.kind == DIRECTION else (None,)
        if self.kind not in KINDS or self.direction not in directions:
            raise ValueError(f"There is no correction {self.kind!r} with {self.direction!r}.")


def corrected(punches, corrections):
    """The punches that count, as corrected, in the order given.

    The latest correction by (made_at, uuid) wins, in whatever order they come; corrections
    of punches that are not here are left alone. A direction that a person gave is asserted.
    """
    latest = {}
    for one in sorted(corrections, key=lambda one: (one.made_at, one.uuid)):
        latest[one.target] = one
    found = (_apply(punch, latest.get(punch.uuid)) for punch in punches)
    return [punch for punch in found if punch]


def _apply(punch, correction):
    if not correction or correction.kind == RESTORE:
        return punch
    if correction.kind == VOID:
        return None
    return replace(punch, direction=correction.direction, asserted=True)
