"""What happens at one gate, handed from the bridge's threads to the page's event loop."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from device_bridge.domain.answer import Answer, answer_to
from device_bridge.domain.capture import Frame
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.screen.messages import Message, guided, linked, said

_MOST_WAITING = 16
_MOST_ANSWERS = 50


class Board:
    """Implements ports.Feedback for the one gate that the page shows; every call returns at once.

    Attributes:
        gate_id: which gate; None until it is known.
        newest: the gate's last frame, for the picture on the screen.
    """

    def __init__(self) -> None:
        self.gate_id: int | None = None
        self.newest: Frame | None = None
        self._lock = threading.Lock()
        self._readers: dict[asyncio.Queue[Message], asyncio.AbstractEventLoop] = {}
        self._answers: OrderedDict[str, tuple[Answer, Gate]] = OrderedDict()
        self._up = True

    def concluded(self, notice: Notice) -> None:
        answer = answer_to(notice)
        if answer is None or notice.gate.id != self.gate_id:
            return
        if answer.uuid is not None:
            with self._lock:
                self._answers[answer.uuid] = answer, notice.gate
                while len(self._answers) > _MOST_ANSWERS:
                    self._answers.popitem(last=False)
        self._tell(said(answer, notice.gate))

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        if gate.id == self.gate_id:
            self._tell(guided(guidance, gate))

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        with self._lock:
            answer, gate = self._answers.pop(event["uuid"], (None, None))
        if answer is not None and gate is not None:
            detail = result.get("message") or ""
            self._tell(said(answer, gate, direction=result.get("direction"), detail=detail))

    def unreachable(self, reason: str) -> None:
        self._up = False
        self._tell(linked(False))

    def reachable(self) -> None:
        self._up = True
        self._tell(linked(True))

    def seen(self, frame: Frame) -> None:
        """The gate's camera has a new frame."""
        self.newest = frame

    def read(self) -> tuple[asyncio.Queue[Message], Callable[[], None]]:
        """A reader's queue, and how to end it. Called in the reader's event loop."""
        queue: asyncio.Queue[Message] = asyncio.Queue(_MOST_WAITING)
        queue.put_nowait(linked(self._up))
        with self._lock:
            self._readers[queue] = asyncio.get_running_loop()

        def end() -> None:
            with self._lock:
                self._readers.pop(queue, None)

        return queue, end

    def _tell(self, message: Message) -> None:
        with self._lock:
            readers = list(self._readers.items())
        for queue, loop in readers:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_put, queue, message)


def _put(queue: asyncio.Queue[Message], message: Message) -> None:
    """The newest is what counts to whoever stands there."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(message)
