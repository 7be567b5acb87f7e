"""A circuit breaker: whoever does not answer is left alone for a while.

Nygard, "Release It!" (2007): closed while calls succeed, open after some failures in a row,
half-open when the pause is over: one call is tried, and its outcome closes or opens it.
"""

from dataclasses import dataclass, replace

FAILURES = 3
PAUSE_S = 30


@dataclass(frozen=True)
class Breaker:
    """One state; times are seconds of any steady clock.

    Attributes:
        failures: in a row.
        open_until: no call before; None while closed.
    """

    failures: int = 0
    open_until: float | None = None

    def wait_s(self, now):
        """Seconds to leave the other side alone, 0 if it may be asked."""
        return 0 if self.open_until is None else max(0, self.open_until - now)

    def asking(self, now):
        """A call begins. While half-open it is the only one: the next must wait for its outcome."""
        return self if self.open_until is None else replace(self, open_until=now + PAUSE_S)

    def answered(self):
        return Breaker()

    def failed(self, now):
        failures = self.failures + 1
        return Breaker(failures, now + PAUSE_S if failures >= FAILURES else None)
