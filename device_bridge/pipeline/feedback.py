"""Telling several listeners what happens at the gates."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.ports import Feedback

_log = logging.getLogger(__name__)


class Several:
    """Tells several listeners in turn."""

    def __init__(self, *listeners: Feedback) -> None:
        self._listeners = list(listeners)

    def add(self, listener: Feedback) -> None:
        """One more, after the others."""
        self._listeners.append(listener)

    def concluded(self, notice: Notice) -> None:
        self._tell(lambda listener: listener.concluded(notice))

    def guide(self, gate: Gate, guidance: Guidance | None) -> None:
        self._tell(lambda listener: listener.guide(gate, guidance))

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        self._tell(lambda listener: listener.delivered(event, result))

    def unreachable(self, reason: str) -> None:
        self._tell(lambda listener: listener.unreachable(reason))

    def reachable(self) -> None:
        self._tell(lambda listener: listener.reachable())

    def _tell(self, what: Callable[[Feedback], None]) -> None:
        for listener in self._listeners:
            try:
                what(listener)
            except OSError as error:  # a full disk or a closed terminal must not stop a gate
                _log.error("listener_failed", extra={"why": str(error)})
