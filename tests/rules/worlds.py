"""Random people: a schedule, a company's rules, what persons decided, and punches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from attendance_rules.correction import DIRECTION, KINDS, Correction
from attendance_rules.plan import Row
from attendance_rules.punch import Punch, Settings
from attendance_rules.schedule import Schedule
from hypothesis import strategies as st

MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAYS = 4


def moment(minutes: float) -> datetime:
    """So many minutes after Monday, midnight UTC."""
    return MONDAY + minutes * MINUTE


def hours(*spans: tuple[float, float]) -> Schedule:
    """The same spans of hours on every day, those beyond 24 over midnight."""
    days = range(-2, DAYS + 3)
    return Schedule(
        (moment((24 * day + start) * 60), moment((24 * day + end) * 60))
        for day in days
        for start, end in spans
    )


SCHEDULES = {
    "nothing": (),
    "day": ((8, 12), (13, 17)),
    "night": ((22, 30),),
    "split": ((6, 10), (15, 19)),
    "near": ((6, 13), (16, 23)),
}
SETTINGS = (
    Settings(),
    Settings(refractory=timedelta(0), max_stay=timedelta(hours=5)),
    Settings(refractory=timedelta(minutes=30), too_early=timedelta(0), too_late=timedelta(0)),
    Settings(locked_through=moment(30 * 60)),
)


@dataclass(frozen=True)
class World:
    hours: str
    schedule: Schedule
    settings: Settings
    rows: tuple[Row, ...]
    punches: tuple[Punch, ...]
    corrections: tuple[Correction, ...]

    def __repr__(self) -> str:
        """Short enough to be read when a test fails."""
        rows = [f"{r.check_in:%a %H:%M}-{r.check_out or ''}/{r.locked}" for r in self.rows]
        seen = [f"{p.at:%a %H:%M:%S} {p.direction} {p.asserted}" for p in self.punches]
        return f"World({self.hours}, {self.settings}, {rows}, {seen}, {self.corrections})"


# Punches crowd around a few hours of each day, so that shifts, breaks and each other are met.
_minutes = st.one_of(
    st.integers(0, DAYS * 1440),
    st.builds(
        lambda day, hour, near: day * 1440 + hour * 60 + near,
        st.integers(0, DAYS - 1),
        st.sampled_from([6, 8, 10, 12, 13, 15, 17, 19, 22]),
        st.integers(-35, 35),
    ),
    st.floats(0, DAYS * 1440),
)


@st.composite
def punches(draw: st.DrawFn, most: int = 12) -> tuple[Punch, ...]:
    times = draw(st.lists(_minutes, max_size=most))
    return tuple(
        Punch(
            f"u{number:02}",
            moment(minutes),
            draw(st.sampled_from(["auto", "auto", "in", "out"])),
        )
        if draw(st.integers(0, 9))
        else Punch(f"u{number:02}", moment(minutes), draw(st.sampled_from(["in", "out"])), True)
        for number, minutes in enumerate(times)
    )


@st.composite
def decided_rows(draw: st.DrawFn) -> tuple[Row, ...]:
    """Rows of persons, as Odoo lets them be: none overlaps, only the last may be open."""
    edges = sorted(draw(st.sets(st.integers(0, DAYS * 1440), max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    rows = [
        Row(number + 1, moment(start), moment(end), fixed=True)
        for number, (start, end) in enumerate(pairs)
    ]
    if rows and draw(st.booleans()):
        last = rows[-1]
        locked = draw(st.booleans())
        rows[-1] = Row(last.id, last.check_in, None, locked=locked)
    return tuple(rows)


@st.composite
def corrections(draw: st.DrawFn, seen: tuple[Punch, ...]) -> tuple[Correction, ...]:
    if not seen:
        return ()
    found = []
    for number in range(draw(st.integers(0, 3))):
        kind = draw(st.sampled_from(KINDS))
        direction = draw(st.sampled_from(["in", "out"])) if kind == DIRECTION else None
        made_at = moment(draw(st.integers(0, 5)) + 9 * 1440)
        target = draw(st.sampled_from(seen)).uuid
        found.append(Correction(f"c{number}", made_at, target, kind, direction))
    return tuple(found)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    seen = draw(punches())
    name = draw(st.sampled_from(sorted(SCHEDULES)))
    return World(
        name,
        hours(*SCHEDULES[name]),
        draw(st.sampled_from(SETTINGS)),
        draw(decided_rows()) if draw(st.booleans()) else (),
        seen,
        draw(corrections(seen)) if draw(st.booleans()) else (),
    )
