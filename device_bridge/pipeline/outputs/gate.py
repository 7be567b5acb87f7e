"""All outputs of one gate as one listener, and all gates' as another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from device_bridge.domain.answer import Signal, answer_to
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.pipeline.outputs.door import DoorKeeper
from device_bridge.pipeline.outputs.signals import SignalKeeper
from device_bridge.pipeline.outputs.voice import VoiceKeeper
from device_bridge.ports import Clock


class Keeper(Protocol):
    """One output: its thread's work, and how it is."""

    def run(self) -> None: ...
    def stop(self) -> None: ...
    def rest(self) -> None: ...

    @property
    def trouble(self) -> str | None: ...


@dataclass(frozen=True)
class GateOutputs:
    """What one gate has; a gate may have none of them."""

    clock: Clock
    door: DoorKeeper | None = None
    voice: VoiceKeeper | None = None
    signals: Mapping[str, SignalKeeper] = field(default_factory=dict)

    def keepers(self) -> dict[str, Keeper]:
        """By the name that threads and heartbeats give them."""
        named: dict[str, Keeper] = dict(self.signals)
        if self.door is not None:
            named["door"] = self.door
        if self.voice is not None:
            named["voice"] = self.voice
        return named

    def concluded(self, notice: Notice) -> None:
        answer = answer_to(notice)
        if answer is None or not answer.is_fresh(self.clock.monotonic_s()):
            return
        if self.door is not None and answer.admits is not None:
            self.door.admit(answer.admits)
        for one in self.signals.values():
            one.show(answer.signal)
        if self.voice is not None:
            self.voice.answer(answer)

    def identify(self) -> None:
        """Somebody in Odoo asks which gate this is: lamps and buzzer answer, doors do not."""
        for one in self.signals.values():
            one.show(Signal.HERE)

    def health(self) -> dict[str, Any]:
        """This gate's part of a heartbeat (wire/heartbeat.v1): door, and outputs in trouble."""
        troubles = {name: one.trouble for name, one in self.keepers().items()}
        return {
            "door": None if self.door is None else str(self.door.state()),
            "openings": None if self.door is None else self.door.openings,
            "troubles": [f"{name}_{why}" for name, why in sorted(troubles.items()) if why],
        }


class Outputs:
    """Implements ports.Feedback: tells each gate's outputs what concerns that gate."""

    def __init__(self, gates: Mapping[int, GateOutputs]) -> None:
        self._gates = gates

    def concluded(self, notice: Notice) -> None:
        if (outputs := self._gates.get(notice.gate.id)) is not None:
            outputs.concluded(notice)

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        self._voice(gate.id, lambda voice: voice.guide(guidance))

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        told = result.get("direction")
        self._voice(event["gate"], lambda voice: voice.direction(event["uuid"], told))

    def unreachable(self, reason: str) -> None:
        self._all_voices(is_so=False)

    def reachable(self) -> None:
        self._all_voices(is_so=True)

    def _all_voices(self, *, is_so: bool) -> None:
        for gate in self._gates:
            self._voice(gate, lambda voice: voice.reachable(is_so=is_so))

    def _voice(self, gate: int, tell: Callable[[VoiceKeeper], None]) -> None:
        outputs = self._gates.get(gate)
        if outputs is not None and outputs.voice is not None:
            tell(outputs.voice)
