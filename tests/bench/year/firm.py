"""The company in Odoo, before anything happened: run by Odoo's shell."""

from __future__ import annotations

import math
import random
import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.bench.year.habits import LEAVE_DAYS, SHIFTS, WORKING_DAYS, Habit, habit
from tests.bench.year.shape import (
    DEPARTMENT_SIZE,
    OFFICER,
    PASSWORD,
    SMALL_OFFICER,
    TEAM,
    Shape,
)

TEMPLATES, DIMENSION = 3, 128


@dataclass(frozen=True)
class Firm:
    """Ids: `people` in order of their badges; a (gate, device, chain) per site.

    `signing` is the private key of the first device.
    """

    company: int
    people: list[int]
    gates: list[tuple[int, int, str]]
    signing: Any


def found(env: Any, shape: Shape) -> Firm:
    """Departments, sites, gates with devices, calendars, people with their leave, two officers."""
    env = env(context={**env.context, "tracking_disable": True, "mail_create_nolog": True})
    company = env.company
    company.name, company.partner_id.tz = "Kestrel Works", "UTC"
    sites = env["hr.work.location"].create(
        [
            {
                "name": f"Site {n + 1:02}",
                "company_id": company.id,
                "address_id": company.partner_id.id,
            }
            for n in range(shape.gates)
        ]
    )
    habits = [habit(shape, number) for number in range(shape.originals)]
    people = _people(env, shape, sites, habits, _officers(env))
    _leaves(env, shape, people, habits)
    _enrol(env, people)
    gates, signing = _gates(env, shape, sites)
    env.flush_all()
    return Firm(company.id, people.ids, gates, signing)


def _officers(env: Any) -> tuple[Any, Any]:
    group = env.ref("hr_face_attendance.group_face_officer")
    users = env["res.users"].create(
        [
            {
                "name": login.replace("-", " ").title(),
                "login": login,
                "password": PASSWORD,
                "tz": "UTC",
                "group_ids": [(6, 0, [group.id])],
            }
            for login in (OFFICER, SMALL_OFFICER)
        ]
    )
    return users[0], users[1]


def _people(
    env: Any, shape: Shape, sites: Any, habits: list[Habit], officers: tuple[Any, Any]
) -> Any:
    departments = env["hr.department"].create(
        [{"name": f"Department {n + 1:02}"} for n in range(-(-shape.people // DEPARTMENT_SIZE))]
    )
    calendars = _calendars(env, habits)
    people = env["hr.employee"]
    values = []
    for number in range(shape.people):
        one = habits[number % shape.originals]
        department = departments[number // DEPARTMENT_SIZE]
        values.append(
            {
                "name": f"Person {number:04}",
                "barcode": f"Y{number:04}",
                "date_version": "2020-01-01",
                "department_id": department.id,
                "work_location_id": sites[number % shape.gates].id,
                "resource_calendar_id": calendars[one.shift, one.first_weekday].id,
                "attendance_manager_id": officers[department.name == TEAM].id,
            }
        )
    for start in range(0, len(values), 100):
        people += env["hr.employee"].create(values[start : start + 100])
    return people


def _calendars(env: Any, habits: list[Habit]) -> dict[tuple[str, int], Any]:
    made = {}
    for shift, first in sorted({(one.shift, one.first_weekday) for one in habits}):
        lines = [line for day in range(WORKING_DAYS) for line in _lines(shift, (first + day) % 7)]
        made[shift, first] = env["resource.calendar"].create(
            {
                "name": f"{shift}, from weekday {first}",
                "tz": "UTC",
                "attendance_ids": [(5, 0, 0)] + [(0, 0, line) for line in lines],
            }
        )
    return made


def _lines(shift: str, weekday: int) -> list[dict[str, Any]]:
    """Both pieces of a shift, cut at midnight."""
    begin, pause, back, end = SHIFTS[shift]
    cut = [
        (weekday + int(start // 24), start % 24, start % 24 + stop - start)
        for piece in ((begin, pause), (back, end))
        for start, stop in _at_midnight(*piece)
    ]
    return [
        {
            "name": f"{day % 7} {start:g}",
            "dayofweek": str(day % 7),
            "hour_from": start,
            "hour_to": stop,
            "day_period": "morning" if start < 12 else "afternoon",
        }
        for day, start, stop in cut
    ]


def _at_midnight(start: float, stop: float) -> list[tuple[float, float]]:
    return [(start, 24.0), (24.0, stop)] if start < 24 < stop else [(start, stop)]


def _leaves(env: Any, shape: Shape, people: Any, habits: list[Habit]) -> None:
    """Everybody is away when their original is."""
    env["resource.calendar.leaves"].create(
        [
            {
                "name": "Away",
                "resource_id": person.resource_id.id,
                "calendar_id": person.resource_calendar_id.id,
                "company_id": person.company_id.id,
                "date_from": f"{one.leave} 00:00:00",
                "date_to": f"{one.leave + timedelta(days=LEAVE_DAYS)} 00:00:00",
                "time_type": "leave",
            }
            for person, one in (
                (person, habits[number % shape.originals]) for number, person in enumerate(people)
            )
        ]
    )


def _enrol(env: Any, people: Any) -> None:
    """Consent of everybody, and three templates each; of no face, but as large as one."""
    consents = env["hr.face.consent"].create([{"employee_id": person.id} for person in people])
    values = [
        {
            "uuid": str(uuid4()),
            "employee_id": consent.employee_id.id,
            "company_id": env.company.id,
            "consent_id": consent.id,
            "model": env.company.face_model,
            "dimension": DIMENSION,
            "enrolled_at": "2025-01-01 00:00:00",
        }
        for consent in consents
        for _ in range(TEMPLATES)
    ]
    chance = random.Random("faces")
    env["hr.face.template"].sudo()._seal_all(values, [_vector(chance) for _ in values])
    env["hr.face.gallery.change"].sudo()._bump(people)


def _vector(chance: random.Random) -> bytes:
    """float32, L2-normalised."""
    numbers = [chance.gauss(0, 1) for _ in range(DIMENSION)]
    length = math.hypot(*numbers)
    return struct.pack(f"<{DIMENSION}f", *(number / length for number in numbers))


def _gates(env: Any, shape: Shape, sites: Any) -> tuple[list[tuple[int, int, str]], Any]:
    """A gate per site with a paired device that has delivered everything."""
    from odoo.addons.hr_face_attendance.rules.wire_pairing import parse_pair
    from odoo.addons.hr_face_attendance.tests.common import FakeDevice

    made, keys = [], []
    for number, site in enumerate(sites):
        name = f"{site.name} entrance"
        gate = env["hr.face.gate"].create({"name": name, "tz": "UTC", "work_location_id": site.id})
        device = env["hr.face.device"].create(
            {"name": f"Bridge {number + 1:02}", "gate_ids": [(4, gate.id)]}
        )
        fake = FakeDevice()
        code = device.action_pair()["context"]["default_code"]
        paired, token = env["hr.face.device"].sudo()._redeem(parse_pair(fake.pair_request(code)))
        fake.paired(paired._api_pair(token))
        made.append((gate.id, device.id, fake.chain))
        keys.append(fake.signing)
    env.cr.execute(
        "UPDATE hr_face_device SET last_heartbeat_at = %(now)s, delivered_through = %(now)s,"
        " outbox_pending = 0, paired_at = %(start)s",
        {"now": shape.now, "start": shape.start},
    )
    env.cr.execute("UPDATE hr_face_device_chain SET paired_at = %s", [shape.start])
    env.invalidate_all()
    return made, keys[0]
