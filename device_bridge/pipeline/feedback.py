"""Telling several listeners what happens at the gates."""

from __future__ import annotations

from typing import Any

from device_bridge.domain.notice import Notice
from device_bridge.ports import Feedback


class Several:
    """Tells several listeners in turn."""

    def __init__(self, *listeners: Feedback) -> None:
        self._listeners = listeners

    def concluded(self, notice: Notice) -> None:
        for listener in self._listeners:
            listener.concluded(notice)

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        for listener in self._listeners:
            listener.delivered(event, result)

    def unreachable(self, reason: str) -> None:
        for listener in self._listeners:
            listener.unreachable(reason)

    def reachable(self) -> None:
        for listener in self._listeners:
            listener.reachable()
