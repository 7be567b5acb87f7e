"""What people may do only so often, whichever worker process they meet."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Limit:
    """At most so many within that time."""

    most: int
    window: timedelta


LIMITS = {
    # wrong secrets from one address; a secret has 256 bits, so this only keeps the noise down
    "link": Limit(30, timedelta(minutes=10)),
    # "that was wrong", by one person: each makes a task for HR
    "dispute": Limit(20, timedelta(days=1)),
}
