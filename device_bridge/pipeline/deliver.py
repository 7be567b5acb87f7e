"""Deliver what the outbox holds: at least once, and one bad event never blocks the next."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from device_bridge.domain.retry import backoff_s
from device_bridge.errors import CredentialsRefused, Refused, ServerUnreachable, StorageFull
from device_bridge.ports import Feedback, Outbox, Server

_log = logging.getLogger(__name__)

BATCH = 100
_IDLE_S = 5.0
_NOT_READY_S = 0.2
_REFUSED_TOKEN_S = 60.0
_ABOUT_AN_EVENT = {"malformed", "body_too_large"}
SINGLY_AFTER = 3
"""A server that answers with a failure this often in a row may fail over one event."""
_IN_TROUBLE = 3
"""If it fails over so many events in a row, it is not about them."""


class Delivery:
    """The outbox's way to the server; runs in a thread of its own.

    Args:
        ready: whether events may go. Not before the clocks have been compared in this boot:
            the server dates by that what was captured before (rules/clock.py).
    """

    def __init__(
        self,
        outbox: Outbox,
        server: Server,
        feedback: Feedback,
        ready: Callable[[], bool] = lambda: True,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox, self._server, self._feedback = outbox, server, feedback
        self._ready, self._monotonic_s = ready, monotonic_s
        self._wake = threading.Event()
        self._failures = 0

    def wake(self) -> None:
        """There is something to deliver, or it is time to stop."""
        self._wake.set()

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; `wake` ends an idle wait at once."""
        while not stop.is_set():
            wait_s = self.step()
            if self._failures:
                stop.wait(wait_s)
            else:
                self._wake.wait(wait_s)
            self._wake.clear()

    def step(self) -> float:
        """Deliver one batch; returns how many seconds to wait before the next."""
        if not self._ready():
            return _NOT_READY_S
        batch: list[dict[str, Any]] = []
        try:
            batch = self._outbox.pending(BATCH)
            if not batch:
                self._settle()
                return _IDLE_S
            self._deliver(batch, self._backlog(batch))
        except CredentialsRefused as error:
            self._failed(str(error))
            return _REFUSED_TOKEN_S
        except ServerUnreachable as error:
            self._failed(str(error))
            if error.answered and not error.retry_after_s and self._failures >= SINGLY_AFTER:
                self._deliver_singly(batch)
            return error.retry_after_s or backoff_s(self._failures, random.random())  # noqa: S311
        except StorageFull as error:
            # acknowledgements that could not be noted are asked for again: duplicates are harmless
            self._failed(str(error))
            return backoff_s(self._failures, random.random())  # noqa: S311
        if len(batch) < BATCH:
            self._settle()
        return 0.0

    def finish(self, within_s: float) -> None:
        """Deliver what is left once `run` has ended, as long as that goes without a hitch."""
        ends_s = self._monotonic_s() + within_s
        while self._outbox.waiting() and self._monotonic_s() < ends_s and self.step() == 0:
            pass

    def _backlog(self, batch: Sequence[dict[str, Any]]) -> int:
        """How many events wait beside a full batch. A few that just happened are none: whoever
        stands at the gate is to hear their direction."""
        return max(0, self._outbox.waiting() - len(batch)) if len(batch) == BATCH else 0

    def _settle(self) -> None:
        """Everything that waited has been answered for."""
        if self._failures:
            self._failures = 0
            self._feedback.reachable()

    def _deliver(self, batch: Sequence[dict[str, Any]], backlog: int = 0) -> None:
        try:
            results = self._server.events(batch, backlog)
        except CredentialsRefused:
            raise
        except Refused as error:
            if error.code not in _ABOUT_AN_EVENT:
                raise ServerUnreachable(str(error)) from error
            # The whole request was refused: find the event that it is about.
            if len(batch) == 1:
                self._note(batch, [{"status": "rejected", "reason": error.code}])
                return
            middle = len(batch) // 2
            self._deliver(batch[:middle], backlog + len(batch) - middle)
            self._deliver(batch[middle:], backlog)
            return
        self._note(batch, results)

    def _deliver_singly(self, batch: Sequence[dict[str, Any]]) -> None:
        """The server fails over something in this batch: it must not hold up the rest.

        In another order every time, so that several that fail do not hold it up either.
        """
        failed = 0
        for event in random.sample(batch, len(batch)):
            try:
                self._deliver([event])
                failed = 0
            except ServerUnreachable as error:
                failed += 1
                if not error.answered or error.retry_after_s or failed == _IN_TROUBLE:
                    return
                _log.error("event_fails", extra={"event": event["uuid"], "why": str(error)})
            except (CredentialsRefused, StorageFull):
                return  # the next step meets it again and waits accordingly

    def _note(self, batch: Sequence[dict[str, Any]], results: Sequence[dict[str, Any]]) -> None:
        done, unknown = [], 0
        for event, result in zip(batch, results, strict=True):
            status = result.get("status")
            if status in {"accepted", "duplicate"}:
                done.append(event["uuid"])
            elif status == "rejected":
                reason = str(result.get("reason") or "rejected")
                self._outbox.park(event["uuid"], reason)
                _log.error("event_parked", extra={"event": event["uuid"], "why": reason})
            else:
                unknown += 1
        self._outbox.acknowledge(done)
        for event, result in zip(batch, results, strict=True):
            self._feedback.delivered(event, result)
        if unknown:
            raise ServerUnreachable("The server's word on an event is not one that we know.")

    def _failed(self, reason: str) -> None:
        self._failures += 1
        if self._failures == 1:
            self._feedback.unreachable(reason)
