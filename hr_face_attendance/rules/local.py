"""Local days and clock times as moments in UTC; safe when the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def zone_of(tz):
    """The ZoneInfo for a name, a pytz zone (which `datetime` would misread) or a ZoneInfo."""
    return tz if isinstance(tz, ZoneInfo) else ZoneInfo(str(tz))


def moment_of(date, clock, tz):
    """This local date and time in UTC.

    A time that summer time skips moves forward with the clock; one that comes twice is the
    first.
    """
    return datetime.combine(date, clock, zone_of(tz)).astimezone(UTC)


def date_of(moment, tz):
    """The local date of an aware moment."""
    return moment.astimezone(zone_of(tz)).date()


def day_of(date, tz):
    """(start, end) of a local day in UTC: 23 to 25 hours."""
    return moment_of(date, time.min, tz), moment_of(date + DAY, time.min, tz)
