"""How long a bridge may know faces without its server.

A bridge that was carried away never hears that it was revoked, so after a while it forgets
everybody by itself. Setting its clock back does not help: time that it ran is counted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Lease:
    """What is kept on the disk beside the gallery.

    Attributes:
        contact_at: when the server last answered, by its own time.
        ran_s: how long this bridge has been running since, by the monotonic clock.
    """

    contact_at: datetime
    ran_s: float = 0.0

    def silent(self, now: datetime) -> timedelta:
        """Since the last answer, at the least."""
        return max(now - self.contact_at, timedelta(seconds=self.ran_s))

    def is_over(self, now: datetime, most: timedelta) -> bool:
        return self.silent(now) > most
