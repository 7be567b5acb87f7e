"""How a day fills up, beside how such a day usually does."""

from itertools import accumulate
from statistics import median

STEP_MIN = 15
STEPS = 24 * 60 // STEP_MIN
WEEKS = 8
"""How far back "usual" looks: long enough to outweigh an odd week, short enough to follow the
season and the staff."""


def curve(counts):
    """How many have come by the end of each quarter of an hour.

    Args:
        counts: {step: arrivals}, steps 0 to STEPS - 1 from local midnight on.
    """
    return list(accumulate(counts.get(step, 0) for step in range(STEPS)))


def usual(days):
    """The median of the curves of such days, step by step; None if there was none.

    Args:
        days: {date: counts as of `curve`}. A day on which nobody came (a holiday, before the
            first gate) is no day to compare with and is left out.
    """
    curves = [curve(counts) for counts in days.values() if any(counts.values())]
    if not curves:
        return None
    return [median(step) for step in zip(*curves, strict=True)]
