"""A badge reader that acts as a keyboard: it types the number and presses Enter.

Read from its device file and grabbed, so that a badge types into nothing else. By hand: the
library for it (evdev) comes as source only, and a Raspberry Pi has no compiler.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from device_bridge.errors import OutputFailed, SettingsError

# linux/input.h and input-event-codes.h
_EVENT = struct.Struct("llHHi")  # two of time, type, code, value
_EVIOCGRAB = 0x40044590
_KEY_EVENT, _PRESSED, _RELEASED = 1, 1, 0
_ENTER, _SHIFT = {28, 96}, {42, 54}
_ROWS = ((2, "1234567890-"), (16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"))
_KEYPAD = dict(zip((79, 80, 81, 75, 76, 77, 71, 72, 73, 82), "1234567890", strict=True))
_KEYS = {first + n: key for first, row in _ROWS for n, key in enumerate(row)} | _KEYPAD

_LONGEST = 64
_PAUSE_S = 1.0
"""A reader types within milliseconds; what comes later is another badge."""
_LOOK_EVERY_S = 0.5


def _grab(descriptor: int) -> None:
    fcntl.ioctl(descriptor, _EVIOCGRAB, 1)


class KeyboardBadgeReader:
    """Implements ports.BadgeReader.

    Args:
        path: of the device, best one below /dev/input/by-id, which keeps its name.
        grab: takes the device for this process alone.

    Raises (from the constructor): SettingsError, if it cannot be read.
    """

    def __init__(self, path: Path, grab: Callable[[int], None] = _grab) -> None:
        self._path, self._grab = path, grab
        os.close(self._open())

    def numbers(self, stop: threading.Event) -> Iterator[str]:
        try:
            descriptor = self._open()
        except SettingsError as error:
            raise OutputFailed(str(error)) from error
        try:
            yield from _typed(self._pressed(descriptor, stop))
        finally:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        except OSError as error:
            raise SettingsError(
                f"The badge reader {self._path} cannot be read: {error.strerror}."
            ) from error
        try:
            self._grab(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise SettingsError(
                f"{self._path} is no keyboard, or another program holds it: {error.strerror}."
            ) from error
        return descriptor

    def _pressed(self, descriptor: int, stop: threading.Event) -> Iterator[tuple[int, int]]:
        """(code, value) of every key event."""
        rest = b""
        while not stop.is_set():
            ready, _, _ = select.select([descriptor], [], [], _LOOK_EVERY_S)
            if not ready:
                continue
            try:
                data = os.read(descriptor, _EVENT.size * 64)
            except OSError as error:
                raise OutputFailed(f"The badge reader {self._path} is gone.") from error
            if not data:
                raise OutputFailed(f"The badge reader {self._path} is gone.")
            data = rest + data
            whole = len(data) - len(data) % _EVENT.size
            rest = data[whole:]
            for _, _, kind, code, value in _EVENT.iter_unpack(data[:whole]):
                if kind == _KEY_EVENT:
                    yield code, value


def _typed(pressed: Iterator[tuple[int, int]]) -> Iterator[str]:
    """Numbers, each ended by Enter; what is too long or stays unfinished is dropped."""
    text, shifted, last_s = "", False, 0.0
    for code, value in pressed:
        if code in _SHIFT:
            shifted = value != _RELEASED
            continue
        if value != _PRESSED:
            continue
        now_s = time.monotonic()
        if now_s - last_s > _PAUSE_S:
            text = ""
        last_s = now_s
        if code in _ENTER:
            if 0 < len(text) <= _LONGEST:
                yield text
            text = ""
        elif code in _KEYS and len(text) <= _LONGEST:
            text += _KEYS[code].upper() if shifted else _KEYS[code]
