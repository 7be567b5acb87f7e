"""How many pass a gate at which hour: on a usual day, and when it is busiest."""

from collections import Counter
from datetime import timedelta
from statistics import fmean, median

from .arrivals import WEEKS

HOURS = 24
BUSY_DAYS = 30
BUSY_HOURS = 5
BACK = timedelta(weeks=WEEKS)
"""What both need to know of the past."""


def of_day(hours):
    """Passages of each hour of a day, from {hour: passages}."""
    return [hours.get(hour, 0) for hour in range(HOURS)]


def usual(days, today):
    """The median of the same weekday, hour by hour; None if nobody ever came on one.

    Args:
        days: {date: {hour: passages}} by the gate's own clock. A day on which nobody came (a
            holiday, before the gate was there) is no day to compare with and is left out.
        today: left out itself.
    """
    same = [days.get(today - timedelta(weeks=week), {}) for week in range(1, WEEKS + 1)]
    same = [of_day(hours) for hours in same if any(hours.values())]
    return [median(hour) for hour in zip(*same, strict=True)] if same else None


def busiest(days, today):
    """[(hour, passages a day)], the fullest first, of the BUSY_DAYS before today.

    A day on which nobody came counts for nothing, as in `usual`: an office's weekend would make
    its mornings look empty.
    """
    first = today - timedelta(days=BUSY_DAYS)
    past = [
        of_day(hours)
        for date, hours in days.items()
        if first <= date < today and any(hours.values())
    ]
    if not past:
        return []
    each = Counter({hour: fmean(one) for hour, one in enumerate(zip(*past, strict=True))})
    return [(hour, number) for hour, number in each.most_common(BUSY_HOURS) if number]
