"""A token bucket: bursts are fine, a flood is not."""

from dataclasses import dataclass


@dataclass
class Bucket:
    """Args:
    rate_per_s: how many calls a second flow in.
    burst: how many may be saved up.
    """

    rate_per_s: float
    burst: float
    level: float | None = None
    at_s: float = 0.0

    def take(self, now_s):
        """Take one call. Returns 0 when granted, otherwise the seconds to wait."""
        if self.level is None:
            self.level = self.burst
        else:
            self.level = min(self.burst, self.level + (now_s - self.at_s) * self.rate_per_s)
        self.at_s = now_s
        if self.level >= 1:
            self.level -= 1
            return 0
        return (1 - self.level) / self.rate_per_s
