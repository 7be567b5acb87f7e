"""How long to wait before trying again."""

from __future__ import annotations


def backoff_s(failures: int, chance: float, *, first_s: float = 0.5, most_s: float = 5.0) -> float:
    """Exponential backoff with equal jitter.

    Half of the wait is fixed and half is chance, so that fifteen bridges whose server
    comes back do not all knock at once.

    Args:
        failures: consecutive failures so far, 1 or more.
        chance: uniform in [0, 1).
    """
    full = min(most_s, first_s * 2.0 ** min(failures - 1, 32))
    return full / 2 + chance * full / 2
