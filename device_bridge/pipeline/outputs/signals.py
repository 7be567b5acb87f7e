"""Lamps and the buzzer: a pattern of on and off per signal, each on a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from device_bridge.domain.answer import Signal
from device_bridge.pipeline.outputs.watch import Watch
from device_bridge.ports import Clock, Switch

Pattern = Sequence[tuple[float, float]]
"""Seconds on and seconds off, one pair after the other."""

_HERE: Pattern = [(0.25, 0.25)] * 20
"""Ten seconds: whoever asked which gate this is may still have to look round."""
GREEN: Mapping[Signal, Pattern] = {Signal.PASS: [(2.0, 0.0)], Signal.HERE: _HERE}
RED: Mapping[Signal, Pattern] = {
    Signal.REFUSED: [(2.0, 0.0)],
    Signal.WAIT: [(0.3, 0.3)] * 8,
    Signal.HERE: _HERE,
}
BUZZER: Mapping[Signal, Pattern] = {
    Signal.PASS: [(0.08, 0.0)],
    Signal.WAIT: [(0.08, 0.1)] * 2,
    Signal.REFUSED: [(0.3, 0.15)] * 2,
    Signal.HERE: [(0.08, 0.42)] * 5,
}


class SignalKeeper:
    """One lamp or buzzer; the newest signal interrupts the one before."""

    def __init__(self, switch: Switch, patterns: Mapping[Signal, Pattern], clock: Clock) -> None:
        self._switch, self._patterns = switch, patterns
        self._watch = Watch(clock)
        self._news = threading.Condition()
        self._signal: Signal | None = None
        self._stopped = False

    def show(self, signal: Signal) -> None:
        """Returns at once; a signal that this one has no pattern for ends the one before."""
        with self._news:
            self._signal = signal
            self._news.notify()

    def run(self) -> None:
        """Until `stop`; `rest` comes after. Raises OutputFailed."""
        while (signal := self._next()) is not None:
            self._play(self._patterns.get(signal, ()))

    def stop(self) -> None:
        with self._news:
            self._stopped = True
            self._news.notify()

    def rest(self) -> None:
        """No current."""
        self._switch.close()

    @property
    def trouble(self) -> str | None:
        return self._watch.trouble

    def _next(self) -> Signal | None:
        with self._news:
            self._news.wait_for(self._has_news)
            signal, self._signal = self._signal, None
            return None if self._stopped else signal

    def _play(self, pattern: Pattern) -> None:
        interrupted = False
        for on_s, off_s in pattern:
            for on, seconds in ((True, on_s), (False, off_s)):
                if interrupted:
                    break
                with self._watch.asked():
                    self._switch.set(on=on)
                with self._news:
                    interrupted = self._news.wait_for(self._has_news, timeout=seconds)
        if interrupted:
            with self._watch.asked():
                self._switch.set(on=False)

    def _has_news(self) -> bool:
        return self._stopped or self._signal is not None
