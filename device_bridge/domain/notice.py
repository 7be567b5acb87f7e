"""What there is to tell about a concluded encounter."""

from __future__ import annotations

from dataclasses import dataclass

from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import Gate
from device_bridge.domain.visit import Conclusion


@dataclass(frozen=True, slots=True)
class Notice:
    """A concluded encounter.

    Attributes:
        uuid: of the event, None where none was written (refractory, low_quality).
        outcome: the conclusion's, or no_clearance.
        seen_to_committed_ms: from the first frame in which the face had the gate's size
            to the moment the event was durable (or, without event, concluded).
        decided_s: monotonic time at which the encounter was concluded; long ago, if its
            event had to wait for a disk.
        admits: this person may pass now: identified, cleared, no attack, and seen by a camera
            that looks at the present.
        asks_badge: nothing is decided before this person has shown their badge.
    """

    gate: Gate
    outcome: Outcome
    conclusion: Conclusion
    uuid: str | None
    seen_to_committed_ms: float
    decided_s: float = 0.0
    admits: bool = False
    asks_badge: bool = False
