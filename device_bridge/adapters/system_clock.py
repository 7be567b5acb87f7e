"""The machine's own clocks."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Implements ports.Clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Since this boot, the time asleep included where the system counts it (Linux):
        a laptop that slept for an hour knows that an hour has passed."""
        return time.clock_gettime(_SINCE_BOOT)


def boot_id() -> str:
    """Identifies this boot; where the system does not say, this process."""
    try:
        return str(uuid.UUID(_BOOT_ID.read_text().strip()))
    except (OSError, ValueError):
        return str(uuid.uuid4())
