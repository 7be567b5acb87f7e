"""What a gate's voice says next. One thing waits at most, and the newest wins."""

from __future__ import annotations

from dataclasses import dataclass

from device_bridge.domain.answer import Act, Answer, act_of
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.phrases import Phrase, phrase

WORD_S = 0.12
"""How long a greeting waits for Odoo to say whether somebody comes or goes; then it is neutral.
With what the voice itself needs to start, 300 ms after the outcome are kept."""

STALE_S = 3.0
"""A greeting that could not begin by then is for somebody who has gone in."""

HELD_S = 1.5
"""A guidance is said only if it has held for this long: most solve themselves."""

SPARSELY_S = 6.0
"""… and no sooner than this after anything else was said."""

_CHALLENGE = {Guidance.BLINK, Guidance.TURN_LEFT, Guidance.TURN_RIGHT, Guidance.SLOWER}


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something to say, not before `due_s` and not after `stale_s` (monotonic)."""

    key: Act | Guidance
    due_s: float
    stale_s: float
    answer: Answer | None = None


class Speech:
    """One gate's voice; the caller sees to it that only one thread at a time uses it."""

    def __init__(self) -> None:
        self._waiting: Utterance | None = None
        self._silent_until_s = float("-inf")

    def answer(self, answer: Answer, now_s: float, *, online: bool) -> None:
        """An outcome: it takes the place of whatever waits.

        Args:
            online: whether Odoo's word on the direction can be expected at once.
        """
        if answer.act is None or not answer.is_fresh(now_s):
            return
        waits_s = WORD_S if online and answer.waits_for_word else 0.0
        stale_s = answer.decided_s + STALE_S
        self._waiting = Utterance(answer.act, now_s + waits_s, stale_s, answer)

    def direction(self, uuid: str, direction: str | None, now_s: float) -> None:
        """Odoo's word: whoever is about to be greeted is welcomed, or bidden goodbye."""
        waiting = self._waiting
        if waiting is None or waiting.answer is None or waiting.answer.uuid != uuid:
            return
        if waiting.answer.waits_for_word:
            self._waiting = Utterance(act_of(direction), now_s, waiting.stale_s, waiting.answer)

    def guide(self, guidance: Guidance | None, now_s: float) -> None:
        """What to tell whoever stands there; a challenge's steps are said at once, the rest
        sparsely, and neither in place of an outcome."""
        if self._waiting is not None and self._waiting.answer is not None:
            return
        if guidance is None:
            self._waiting = None
        elif guidance in _CHALLENGE:
            self._waiting = Utterance(guidance, now_s, now_s + STALE_S)
        else:
            due_s = max(now_s + HELD_S, self._silent_until_s)
            self._waiting = Utterance(guidance, due_s, due_s + STALE_S)

    def next_s(self) -> float | None:
        """When there is something to say; None if nothing waits."""
        return None if self._waiting is None else self._waiting.due_s

    def take(self, now_s: float) -> Utterance | None:
        """What is to be said now, which then waits no more; what has gone stale is dropped."""
        waiting = self._waiting
        if waiting is None or now_s < waiting.due_s:
            return None
        self._waiting = None
        if now_s > waiting.stale_s:
            return None
        self._silent_until_s = now_s + SPARSELY_S
        return waiting


def words(utterance: Utterance, gate: Gate) -> Phrase:
    """An utterance in words, as the gate is set."""
    answer = utterance.answer
    own = answer.language if answer is not None and gate.speech.own_language else None
    name = answer.name if answer is not None and gate.speech.by_name else None
    return phrase(utterance.key, (own, gate.language), name)
