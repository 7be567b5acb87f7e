"""The thread that speaks at one gate."""

from __future__ import annotations

import threading
from collections.abc import Callable

from device_bridge.domain.answer import Answer
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.speech import Speech, words
from device_bridge.pipeline.outputs.watch import Watch
from device_bridge.ports import Clock, Voice

_LONGEST_S = 12.0
"""The longest sentence in the slowest language, with room."""


class VoiceKeeper:
    """One gate's voice.

    Args:
        gate: as it is set now.
    """

    def __init__(self, gate: Callable[[], Gate], voice: Voice, clock: Clock) -> None:
        self._gate, self._voice, self._clock = gate, voice, clock
        self._speech = Speech()
        self._news = threading.Condition()
        self._watch = Watch(clock, _LONGEST_S)
        self._online = False
        self._stopped = False

    def answer(self, answer: Answer) -> None:
        with self._news:
            self._speech.answer(answer, self._clock.monotonic_s(), online=self._online)
            self._news.notify()

    def direction(self, uuid: str, direction: str | None) -> None:
        with self._news:
            self._online = True
            self._speech.direction(uuid, direction, self._clock.monotonic_s())
            self._news.notify()

    def guide(self, guidance: Guidance | None) -> None:
        with self._news:
            self._speech.guide(guidance, self._clock.monotonic_s())
            self._news.notify()

    def reachable(self, *, is_so: bool) -> None:
        """Whether Odoo can be asked; if not, no greeting waits for its word."""
        with self._news:
            self._online = is_so

    def run(self) -> None:
        """Until `stop`; `rest` comes after. Raises OutputFailed; what could not be said
        is not said later."""
        while True:
            with self._news:
                if self._stopped:
                    break
                utterance = self._speech.take(self._clock.monotonic_s())
                if utterance is None:
                    self._news.wait(self._wait_s())
                    continue
            gate = self._gate()
            if gate.speech.on:
                said = words(utterance, gate)
                with self._watch.asked():
                    self._voice.say(said.text, said.language)

    def stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify()
        self._voice.close()

    def rest(self) -> None:
        self._voice.close()

    @property
    def trouble(self) -> str | None:
        return self._watch.trouble

    def _wait_s(self) -> float | None:
        next_s = self._speech.next_s()
        return None if next_s is None else max(next_s - self._clock.monotonic_s(), 0.0)
