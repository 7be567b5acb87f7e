"""The badge beside the face at one gate: whom it is asked of, and what it settles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from device_bridge.domain.badge import ASKED_S, Asked, BadgeDesk
from device_bridge.domain.event import Outcome, TimeSource
from device_bridge.domain.gate import BadgeUse, Gate
from device_bridge.domain.template import Candidate, Person
from device_bridge.domain.visit import Conclusion, without_vectors


@dataclass(frozen=True, slots=True)
class Case:
    """A conclusion on its way to an event.

    Attributes:
        decided_s: monotonic time at which the encounter was concluded, or its badge shown.
        outcome: after badge or waiting for it; None: what conclusion and clearance say.
        evidence: what there is beside the face.
    """

    conclusion: Conclusion
    decided_s: float
    outcome: Outcome | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    has_badge: bool = False


def nobody_shows() -> list[int]:
    """Of a gate without a reader."""
    return []


class SecondFactor:
    """One gate's badges; used by the thread that attends the gate.

    Args:
        shown: employees whose badges have been shown since it was asked last.
        person: somebody enrolled, with their templates.
    """

    def __init__(
        self,
        shown: Callable[[], list[int]] = nobody_shows,
        person: Callable[[int], Person | None] = lambda _employee: None,
    ) -> None:
        self._shown, self._person = shown, person
        self._desk = BadgeDesk()

    def holds(self, gate: Gate, case: Case, outcome: Outcome) -> bool:
        """Whether nothing is decided about somebody known before their badge is shown; then it
        is asked for. A gate that wants badges and has no reader lets nobody pass."""
        conclusion = case.conclusion
        wanted = (
            gate.badge is BadgeUse.ALWAYS
            and not case.has_badge
            and case.outcome is None
            and outcome in {Outcome.IDENTIFIED, Outcome.REFRACTORY}
            and conclusion.candidate is not None
            and conclusion.pad.lets_pass
            and conclusion.time.time_source is not TimeSource.RECORDING
        )
        if wanted:
            self._desk.ask(Asked(conclusion, case.decided_s + ASKED_S))
        return wanted

    def ambiguous(self, gate: Gate, case: Case, uuid: str) -> None:
        """Somebody too alike to another: their badge may still say who it is."""
        conclusion = case.conclusion
        if gate.badge is BadgeUse.OFF or conclusion.probe is None or not conclusion.pad.lets_pass:
            return
        # somebody who stays is not asked again for as long as a gate is silent
        until_s = case.decided_s + max(ASKED_S, gate.refractory_s)
        self._desk.ask(Asked(conclusion, until_s, conclusion.probe, uuid))

    def due(self, gate: Gate, now_s: float) -> Iterator[Case]:
        """What badges have settled, and whose badge was not shown in time."""
        for employee in self._shown():
            self._desk.show(employee, now_s)
        for asked, owner, similarity in self._desk.settle(now_s, gate.threshold, self._person):
            yield _settled(asked, owner, similarity, now_s)
        for asked in self._desk.expired(now_s):
            if asked.probe is None and asked.conclusion.outcome is Outcome.IDENTIFIED:
                begun_s = asked.until_s - ASKED_S
                yield Case(asked.conclusion, begun_s, Outcome.NO_CLEARANCE, {"missing": "badge"})


def _settled(asked: Asked, owner: Person, similarity: float, now_s: float) -> Case:
    evidence: dict[str, Any] = {"factors": ["face", "badge"]}
    conclusion = asked.conclusion
    if asked.probe is not None:
        who = without_vectors(Candidate(owner, similarity, None))
        conclusion = replace(conclusion, outcome=Outcome.IDENTIFIED, candidate=who, probe=None)
        evidence["resolves"] = asked.uuid
    return Case(conclusion, now_s, evidence=evidence, has_badge=True)
