"""Run by Odoo's shell on the previous version: a company with a day's history in it."""

# ruff: noqa: F821 ("env" is the shell's)
from datetime import timedelta

from odoo import Command
from odoo.addons.hr_face_attendance.tests.common import FaceCase, at, b64, unit_vector


class Site(FaceCase):
    pass


Site.env = env
Site.company = env.company
Site.company.partner_id.tz = "Europe/Brussels"
Site.company.resource_calendar_id = Site._calendar("Day", [(day, 8, 17) for day in range(5)])
people = [Site._employee(f"Person {number}", f"U{number:03}") for number in range(5)]
gate = Site._gate("Old door")
device = Site.env["hr.face.device"].create(
    {"name": "Old bridge", "may_enrol": True, "gate_ids": [Command.link(gate.id)]}
)
fake = Site._pair(device)
Site._consent(people)
for number, person in enumerate(people):
    document = {
        "employee": {"by": "badge", "value": person.barcode},
        "source": "photo",
        "replace": True,
        "templates": [
            {
                "uuid": f"00000000-0000-4000-8000-{number:012}",
                "model": Site.company.face_model,
                "vector": b64(unit_vector(number)),
                "quality": 0.9,
                "face_px": 120,
                "captured_at": "2025-03-03T07:00:00.000Z",
            }
        ],
    }
    (result,) = Site.env["hr.face.template"].sudo()._enrol(device.sudo(), [document])
    assert result["status"] == "accepted", result
log = Site.env["hr.face.event"].sudo()
for day in range(5):
    moments = [at("07:00", day), at("11:00", day), at("12:00", day), at("16:10", day)]
    events = [
        fake.event(gate, person, moment + timedelta(minutes=number))
        for moment in moments
        for number, person in enumerate(people)
    ]
    results = log._ingest(device.sudo(), log._read_events(events))
    assert {one["status"] for one in results} == {"accepted"}, results
Site.env["hr.attendance"].create(
    {
        "employee_id": people[0].id,
        "check_in": at("07:00", 7).replace(tzinfo=None),
        "check_out": at("16:00", 7).replace(tzinfo=None),
    }
)
log.search([("employee_id", "=", people[2].id)], limit=1)._redact("test")
Site.env.cr.commit()
