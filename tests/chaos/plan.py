"""What goes wrong, and after how many events: a pure function of the seed.

The same seed gives the same story. What a fault meets, and so how many tries are lost to it,
depends on the machine's speed; what must come of it does not.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import asdict, dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Done to one bridge, or to what all of them need."""

    KILL_BRIDGE = "kill_bridge"
    KILL_ODOO = "kill_odoo"
    KILL_POSTGRES = "kill_postgres"
    DISK_FULL = "disk_full"
    CLOCK_JUMP = "clock_jump"
    CAMERA_FREEZE = "camera_freeze"
    CABLE = "cable"


class Wire(StrEnum):
    """What happens to one delivery on its way."""

    NOTHING = "nothing"
    LOST_REQUEST = "lost_request"
    LOST_ANSWER = "lost_answer"
    HALF_ANSWER = "half_answer"
    TWICE = "twice"
    LATE_COPY = "late_copy"
    SLOW = "slow"
    BAD_GATEWAY = "bad_gateway"


WIRE_SHARE = {
    Wire.LOST_REQUEST: 0.03,
    Wire.LOST_ANSWER: 0.05,
    Wire.HALF_ANSWER: 0.02,
    Wire.TWICE: 0.05,
    Wire.LATE_COPY: 0.05,
    Wire.SLOW: 0.05,
    Wire.BAD_GATEWAY: 0.02,
}
JUMPS_S = (-1_740_000_000, -3 * 3600, 3 * 3600, -600, 86_400 * 365, 3600)
"""Back to 1970, hours off either way, a leap of a year, a summer time applied by hand."""


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault after so many acknowledged events of all gates."""

    after: int
    fault: Fault
    bridge: int
    lasts_s: float
    jump_s: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    strikes: tuple[Strike, ...]

    @classmethod
    def of(cls, seed: int, events: int, bridges: int) -> Plan:
        """Every kind of fault at least once; one for about every 250 events."""
        chance = random.Random(f"{seed} strikes")
        kinds = list(Fault)
        more = max(0, events // 250 - len(kinds))
        often = [Fault.KILL_BRIDGE, *Fault]
        kinds += [chance.choice(often) for _ in range(more)]
        heavy = sum(kind in {Fault.KILL_ODOO, Fault.KILL_POSTGRES} for kind in kinds)
        # a server takes seconds to start: so many of those as the time allows
        allowed = max(2, events // 1500)
        for place in [n for n, kind in enumerate(kinds) if kind in _HEAVY][allowed:]:
            kinds[place] = Fault.KILL_BRIDGE
        assert heavy >= 2
        strikes = [
            Strike(
                after=chance.randrange(events // 20, events * 9 // 10),
                fault=kind,
                bridge=chance.randrange(bridges),
                lasts_s=round(chance.uniform(0.3, 2.0), 2),
                jump_s=chance.choice(JUMPS_S) if kind is Fault.CLOCK_JUMP else 0,
            )
            for kind in kinds
        ]
        return cls(seed, tuple(sorted(strikes, key=lambda one: (one.after, one.fault))))

    def wire(self, number: int) -> Wire:
        """What happens to the delivery with this number, counted from 0."""
        chance = random.Random(f"{self.seed} wire {number}").random()
        for fault, share in WIRE_SHARE.items():
            chance -= share
            if chance < 0:
                return fault
        return Wire.NOTHING

    def story(self) -> list[dict[str, object]]:
        """For the report."""
        return [asdict(one) for one in self.strikes]

    def digest(self) -> str:
        """Two runs with the same seed have the same one."""
        told = json.dumps([self.story(), [self.wire(number) for number in range(1000)]])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


_HEAVY = {Fault.KILL_ODOO, Fault.KILL_POSTGRES}
