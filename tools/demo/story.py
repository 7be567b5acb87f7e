"""The day as data: who comes when to which gate, and what must come of it.

Every employee's name is invented. The faces are from the photos that tools/faces.py fetches; a
person with a second photo is enrolled from one and streamed from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TIMEZONE = ZoneInfo("Europe/Brussels")
SCENE_S = 1.8
EVENING = "evening before"


@dataclass(frozen=True)
class Portrait:
    """A face in a photo.

    Attributes:
        photo: as tools.faces names it.
        near: a point inside the face, in pixels of the photo.
    """

    photo: str
    near: tuple[int, int]


@dataclass(frozen=True)
class Actor:
    """Somebody in front of the camera.

    Attributes:
        badge: of the employee, "" for a stranger.
        enrolled_from: None for a stranger.
    """

    name: str
    badge: str
    streamed_from: Portrait
    enrolled_from: Portrait | None

    @property
    def has_independent_photo(self) -> bool:
        return self.enrolled_from is not None and self.enrolled_from != self.streamed_from


@dataclass(frozen=True)
class Scene:
    """Somebody, or two together, at one gate.

    Attributes:
        outcome: of each actor: in, out, stranger, no_clearance or repeat.
    """

    at: str
    gate: str
    actors: tuple[Actor, ...]
    outcome: str
    day: str = ""

    def starts_at(self, day: date) -> datetime:
        local = datetime.combine(day, time.fromisoformat(self.at), TIMEZONE)
        return local - timedelta(days=1) if self.day == EVENING else local


def _group(photo: int, x: int, y: int) -> Portrait:
    return Portrait(f"face-api/sample{photo}.jpg", (x, y))


def _same(name: str, badge: str, portrait: Portrait) -> Actor:
    return Actor(name, badge, streamed_from=portrait, enrolled_from=portrait)


MARA = _same("Mara Lindqvist", "F001", _group(6, 1588, 420))
IDRIS = Actor(
    "Idris Vale",
    "F002",
    streamed_from=Portrait("face_recognition/obama3.jpg", (777, 434)),
    enrolled_from=Portrait("face_recognition/obama.jpg", (491, 252)),
)
TOMAS = _same("Tomas Aldous", "F004", Portrait("face_recognition/biden.jpg", (572, 374)))
WREN = _same("Wren Okafor", "F005", _group(6, 1270, 453))
DANA = _same("Dana Whitlock", "F014", _group(3, 689, 466))
SELMA = _same("Selma Haddad", "F010", _group(6, 361, 636))
KIRI = _same("Kiri Tamahori", "F012", _group(2, 1547, 275))
EMPLOYEES = (MARA, IDRIS, TOMAS, WREN, DANA, SELMA, KIRI)

VISITOR = Actor("a visitor", "", _group(1, 1576, 318), None)
COURIER = Actor("a courier", "", _group(5, 471, 1028), None)
CALLER = Actor("a caller", "", _group(5, 1191, 318), None)
STRANGERS = (VISITOR, COURIER, CALLER)

ENTRANCE, EXIT, SIDE = "entrance", "exit", "side"

BEFORE_OUTAGE = 12
"""The server is killed once this many scenes have been concluded …"""
AFTER_OUTAGE = 15
"""… and started again once this many have."""

SCENES = (
    Scene("21:48:00", SIDE, (DANA,), "in", EVENING),
    Scene("21:48:35", SIDE, (DANA,), "repeat", EVENING),
    Scene("21:55:10", SIDE, (SELMA,), "in", EVENING),
    Scene("06:02:30", SIDE, (DANA,), "out"),
    Scene("06:04:05", SIDE, (SELMA,), "out"),
    Scene("07:49:40", ENTRANCE, (IDRIS,), "in"),
    Scene("07:54:30", ENTRANCE, (MARA, WREN), "in"),
    Scene("07:55:50", ENTRANCE, (VISITOR,), "stranger"),
    Scene("07:58:20", SIDE, (TOMAS,), "no_clearance"),
    Scene("08:01:15", ENTRANCE, (TOMAS,), "in"),
    Scene("08:02:40", SIDE, (KIRI,), "in"),
    Scene("12:00:45", SIDE, (KIRI,), "out"),
    Scene("12:01:30", EXIT, (MARA,), "out"),
    Scene("12:04:00", EXIT, (IDRIS,), "out"),
    Scene("12:05:20", EXIT, (WREN,), "out"),
    Scene("12:41:10", ENTRANCE, (COURIER,), "stranger"),
    Scene("12:49:30", ENTRANCE, (WREN,), "in"),
    Scene("12:52:20", ENTRANCE, (IDRIS,), "in"),
    Scene("12:55:05", SIDE, (KIRI,), "in"),
    Scene("12:57:45", ENTRANCE, (MARA,), "in"),
    Scene("16:58:10", EXIT, (CALLER,), "stranger"),
    Scene("17:00:30", EXIT, (TOMAS, WREN), "out"),
    Scene("17:01:45", EXIT, (IDRIS,), "out"),
    Scene("17:02:20", SIDE, (KIRI,), "out"),
    Scene("17:04:40", EXIT, (MARA,), "out"),
)


def last_working_day(now: datetime) -> date:
    """The last Monday to Friday that is wholly over in the company's time zone."""
    day = now.astimezone(TIMEZONE).date() - timedelta(days=1)
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return day


def expected_stays(day: date) -> dict[str, list[tuple[datetime, datetime | None]]]:
    """By name: when Odoo must report each employee in and out, to within a scene."""
    stays: dict[str, list[tuple[datetime, datetime | None]]] = {}
    for scene in sorted(SCENES, key=lambda one: one.starts_at(day)):
        for actor in scene.actors:
            own = stays.setdefault(actor.name, [])
            if scene.outcome == "in":
                own.append((scene.starts_at(day), None))
            elif scene.outcome == "out":
                own[-1] = (own[-1][0], scene.starts_at(day))
    return {name: own for name, own in stays.items() if own}
