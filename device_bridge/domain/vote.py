"""k of n: what the looks at one face agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.template import Candidate


@dataclass(frozen=True, slots=True)
class VotePolicy:
    """How many looks must agree before anything is announced.

    Attributes:
        k: looks that must name the same person.
        n: only the last n looks count.
        within_s: only looks this recent count; a face that found no agreement for
            this long is settled as a stranger or as ambiguous.
    """

    k: int = 3
    n: int = 10
    within_s: float = 3.0

    def __post_init__(self) -> None:
        if not 1 <= self.k <= self.n or self.within_s <= 0:
            raise ValueError(f"vote of {self.k} of {self.n} within {self.within_s} s is impossible")


@dataclass(frozen=True, slots=True)
class Look:
    """One frame's opinion of one face.

    Attributes:
        outcome: identified, no_candidate or ambiguous.
        candidate: who came closest, whatever the outcome; None for an empty gallery.
    """

    outcome: Outcome
    candidate: Candidate | None
    time: CaptureTime

    @property
    def employee(self) -> int | None:
        if self.outcome is not Outcome.IDENTIFIED or self.candidate is None:
            return None
        return self.candidate.person.employee

    def is_far_from_everyone(self, threshold: float) -> bool:
        """Whether even the closest person is clearly below the threshold."""
        if self.outcome is not Outcome.NO_CANDIDATE:
            return False
        return self.candidate is None or self.candidate.similarity < threshold - NEAR_MISS


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a vote came to.

    Attributes:
        looks: those that agree, oldest first.
    """

    outcome: Outcome
    looks: tuple[Look, ...]


MORE_FOR_A_STRANGER = 2
"""To be called a stranger weighs more than to be greeted: it takes so many looks more."""

NEAR_MISS = 0.01
"""Somebody this close below the threshold is probably still walking up; we wait."""


def tally(
    looks: Sequence[Look],
    policy: VotePolicy,
    now: CaptureTime,
    *,
    threshold: float,
    overdue: bool = False,
) -> Ballot | None:
    """The agreement among recent looks, or None while there is none.

    A person needs k looks of the last n. A stranger needs the last k + 2 to agree that
    nobody comes near, because someone walking up is often unrecognisable for a moment.
    What is still unclear is settled by majority when `overdue` (nobody was agreed on
    for `within_s`, or the face has left).
    """
    recent = [look for look in looks if now.seconds_since(look.time) <= policy.within_s]
    recent = recent[-policy.n :]
    by_person: dict[int, list[Look]] = {}
    for look in recent:
        if look.employee is not None:
            by_person.setdefault(look.employee, []).append(look)
    for agreeing in sorted(by_person.values(), key=len, reverse=True):
        if len(agreeing) >= policy.k:
            return Ballot(Outcome.IDENTIFIED, tuple(agreeing))
    last = recent[-(policy.k + MORE_FOR_A_STRANGER) :]
    if len(last) == policy.k + MORE_FOR_A_STRANGER and all(
        look.is_far_from_everyone(threshold) for look in last
    ):
        return Ballot(Outcome.NO_CANDIDATE, tuple(last))
    return _majority(recent, policy.k) if overdue else None


def _majority(recent: Sequence[Look], k: int) -> Ballot | None:
    for outcome in (Outcome.AMBIGUOUS, Outcome.NO_CANDIDATE):
        agreeing = [look for look in recent if look.outcome is outcome]
        if len(agreeing) >= max(k, (len(recent) + 1) // 2):
            return Ballot(outcome, tuple(agreeing))
    return None
