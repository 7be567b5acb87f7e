"""Whom photos of many people show, and so who was present.

What is on the photos is found by the recognition service and corrected by a reviewer; here it
is counted. Plain Python, no Odoo.
"""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from .local import date_of, moment_of
from .session import EARLY

COUNTS, AGAIN, TWICE, NOBODY = "counts", "again", "twice", "nobody"
"""What a face comes to: it shows that a person was there; it shows them on another photo; it is
a second face by that name on one photo, so that one of the two is somebody else; nobody's."""

NOON = time(12)
MOST_PHOTOS = 6
MOST_PHOTO_BYTES = 7_500_000
"""Below what the recognition service takes in one call."""
FUTURE = timedelta(minutes=5)
"""So much a phone's clock may be ahead."""
_KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class Face(NamedTuple):
    """A face of a photo, as it stands.

    Attributes:
        key: any value of the caller's.
        employee: database id, or None for nobody.
        similarity: None where a reviewer said so, who knows better than any number.
    """

    key: int
    photo: int
    employee: int | None
    similarity: float | None = None


class Line(NamedTuple):
    """Somebody in the result. `similarity` is None if they were named by hand, or absent."""

    employee: int
    present: bool
    expected: bool
    similarity: float | None = None
    by_hand: bool = False


def counted(faces):
    """{key: COUNTS, AGAIN, TWICE or NOBODY}. Of several faces of a person the best one counts."""
    said, persons, shown = {}, set(), set()
    for face in sorted(faces, key=_best_first):
        if face.employee is None:
            said[face.key] = NOBODY
        elif (face.photo, face.employee) in shown:
            said[face.key] = TWICE
        else:
            said[face.key] = AGAIN if face.employee in persons else COUNTS
            persons.add(face.employee)
            shown.add((face.photo, face.employee))
    return said


def result(faces, expected, by_hand=()):
    """Lines, present people first, each group in the order of their ids.

    Args:
        expected: employee ids.
        by_hand: ids of people whom the reviewer saw and no face was found of.
    """
    said = counted(faces)
    best = {face.employee: face for face in faces if said[face.key] == COUNTS}
    expected = set(expected)
    lines = []
    for employee in sorted(expected | set(best) | set(by_hand)):
        face = best.get(employee)
        present = face is not None or employee in by_hand
        named_by_hand = present and (face is None or face.similarity is None)
        similarity = face and face.similarity
        lines.append(Line(employee, present, employee in expected, similarity, named_by_hand))
    return sorted(lines, key=lambda line: not line.present)


def renamed(faces, key, employee):
    """{key: employee} of what changes when this face is that person (None: nobody).

    A person stands on a photo once: if another face of the photo had the name, the two swap.
    """
    [mine] = [face for face in faces if face.key == key]
    changes = {key: employee}
    if employee is not None:
        namesakes = [one for one in faces if (one.photo, one.employee) == (mine.photo, employee)]
        changes |= {one.key: mine.employee for one in namesakes if one.key != key}
    return changes


def moment(now, tz, *, date=None, taken_at=None, session=None):
    """The moment of a roll call, aware UTC: when its people are said to have been there.

    As told; else now, if that is within the session or the date; else the beginning of the
    session, or noon of the date in `tz`.

    Args:
        session: (start, stop).
    """
    if taken_at:
        return taken_at
    if session:
        start, stop = session
        return now if start - EARLY <= now < stop else start
    if date and date_of(now, tz) != date:
        return moment_of(date, NOON, tz)
    return now


def fault(at: datetime, now, session=None):
    """Why this cannot be the moment of a roll call: "future", "outside" the session, or None."""
    if at > now + FUTURE:
        return "future"
    if session and not session[0] - EARLY <= at < session[1]:
        return "outside"
    return None


def kind_of(content):
    """The media type of a photo by its first bytes, None for anything else."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if content.startswith(start)), None)


def _best_first(face):
    by_hand = face.similarity is None
    return (not by_hand, -(face.similarity or 0.0), face.photo, face.key)
