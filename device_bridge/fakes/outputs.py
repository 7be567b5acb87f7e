"""A relay, a door contact and a voice that remember what they were told."""

from __future__ import annotations

import threading

from device_bridge.errors import OutputFailed


class FakeSwitch:
    """Implements ports.Switch.

    Attributes:
        history: every change, the state at the start first.
        failing: the next calls raise OutputFailed.
        hangs: while set, a call does not return.
    """

    def __init__(self) -> None:
        self.history = [False]
        self.failing = 0
        self.hangs = threading.Event()
        self._let_go = threading.Event()

    @property
    def on(self) -> bool:
        return self.history[-1]

    def set(self, *, on: bool) -> None:
        if self.hangs.is_set():
            self._let_go.wait()
        if self.failing:
            self.failing -= 1
            raise OutputFailed("The relay does not answer.")
        if on != self.on:
            self.history.append(on)

    def release(self) -> None:
        """A call that hangs goes on."""
        self.hangs.clear()
        self._let_go.set()

    def close(self) -> None:
        if self.on:
            self.history.append(False)


class FakeContact:
    """Implements ports.DoorContact."""

    def __init__(self) -> None:
        self.opened = False

    def is_open(self) -> bool:
        return self.opened

    def close(self) -> None: ...


class FakeVoice:
    """Implements ports.Voice.

    Attributes:
        said: (text, language) of everything said.
        speaks: set while nothing is being said; cleared, a sentence takes until it is set.
    """

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.speaks = threading.Event()
        self.speaks.set()
        self.failing = 0

    def say(self, text: str, language: str) -> None:
        if self.failing:
            self.failing -= 1
            raise OutputFailed("There is no loudspeaker.")
        self.said.append((text, language))
        self.speaks.wait()

    def close(self) -> None:
        self.speaks.set()
