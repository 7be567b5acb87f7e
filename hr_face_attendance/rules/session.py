"""Who was at a session: a lecture, a shift briefing, a meeting.

A session is shorter than a day and often has a camera of its own, so being in the building is
not the same as being there. Three things are known of a person: where they were seen, when
they were at work, and whether a roll call found them.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from .day import ABSENT, LEAVE, PENDING, PRESENT
from .presence import LATE

EARLY = timedelta(minutes=30)
"""Who is seen at the door so long before the beginning has come for it."""
STATES = (PRESENT, LATE, ABSENT, PENDING, LEAVE)


class Session(NamedTuple):
    """Aware UTC.

    Attributes:
        at_gate: only who was seen at the session's own gates was there; without gates of its
            own, whoever was at work during it.
        called: a roll call was held: whom it found is there, being at work is not enough.
        grace: timedelta; who comes at most so late is on time.
    """

    start: datetime
    end: datetime
    at_gate: bool = False
    called: bool = False
    grace: timedelta = timedelta()

    @property
    def opens(self):
        """From here on a sighting belongs to the session."""
        return self.start - EARLY


class Attended(NamedTuple):
    """`state` is one of STATES; `came_at` is None if unknown; `late_min` are whole minutes."""

    state: str
    came_at: datetime | None = None
    late_min: int = 0
    by_roll_call: bool = False


def attended(session, now, seen=(), stays=(), confirmed=False, away=False):
    """The Attended of one expected person.

    Args:
        now: aware UTC; before the end nobody is absent.
        seen: moments at which they were seen at the session's gates.
        stays: their attendance, (check_in, check_out or None).
        confirmed: a roll call of this session found them. That says they are there, not when
            they came: late is only who was seen coming late.
        away: on leave, or they declined.
    """
    came_at = _came_at(session, seen, () if session.called or session.at_gate else stays)
    if came_at is None:
        if confirmed:
            return Attended(PRESENT, by_roll_call=True)
        if away:
            return Attended(LEAVE)
        return Attended(ABSENT if now >= session.end else PENDING)
    late = came_at - session.start
    late_min = late // timedelta(minutes=1) if late > session.grace else 0
    return Attended(LATE if late_min else PRESENT, came_at, late_min, confirmed)


def _came_at(session, seen, stays):
    """The first moment that counts."""
    moments = [at for at in seen if session.opens <= at < session.end]
    moments += [
        start
        for start, end in stays
        if start < session.end and (end is None or end > session.start)
    ]
    return min(moments, default=None)
