from datetime import UTC
from uuid import UUID, uuid5

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import roll_call
from .hr_face_event_record import Fact

MOST_SESSIONS = 20


class HrFaceRollCall(models.Model):
    """What the reviewer sees and does; every answer is the screen that follows."""

    _inherit = "hr.face.roll.call"

    @api.model
    @api.readonly
    def choices(self, session=None):
        """What a new roll call may be of: sessions of about now, and the one asked for."""
        now = fields.Datetime.now()
        sessions = self.env["calendar.event"].search_read(
            [
                *self._sessions_here(self.env.company),
                "|",
                ("id", "=", session or 0),
                "&",
                ("start", "<", fields.Datetime.add(now, hours=12)),
                ("stop", ">", fields.Datetime.subtract(now, days=1)),
            ],
            ["name", "start", "stop"],
            order="start",
            limit=MOST_SESSIONS,
        )
        return {
            "sessions": sessions,
            "departments": self.env["hr.department"].search_read(
                [], ["name"], order="name", limit=1000
            ),
            "most_photos": roll_call.MOST_PHOTOS,
            "has_service": self.env["hr.face.service.call"]._is_there(self.env.company),
        }

    @api.readonly
    def screen(self):
        """Photos with their faces, the people who may be named, and what it comes to."""
        self.ensure_one()
        mine = self._acting()
        people = {one.employee_id.id: one for one in self._shown_people()}
        faces = mine.photo_ids.face_ids
        said = roll_call.counted(faces._as_rules())
        expected = set(mine._expected(people))
        return {
            "id": mine.id,
            "name": self.name,
            "state": mine.state,
            "message": mine.message or "",
            "photos": [
                {
                    "id": photo.id,
                    "width": photo.width,
                    "height": photo.height,
                    "state": photo.state,
                    "detail": photo.detail or "",
                    "faces": [face._shown(said, people) for face in photo.face_ids],
                }
                for photo in mine.photo_ids
            ],
            "people": [
                {
                    "id": employee,
                    "name": one.name,
                    "expected": employee in expected,
                    "enrolled": one.enrolment == "enrolled",
                }
                for employee, one in people.items()
            ],
            "lines": [
                {"employee": line.employee, "present": line.present, "by_hand": line.by_hand}
                for line in mine._result(people)
            ],
        }

    def name_face(self, face, employee):
        """This face is that person, or (False) nobody known. Two on one photo swap."""
        faces = self._faces_in_review()
        if employee:
            self._check_nameable(employee)
        changes = roll_call.renamed(faces._as_rules(), self._one(faces, face).id, employee or None)
        for one in faces.filtered(lambda each: each.id in changes):
            one.write({"employee_id": changes[one.id], "similarity": 0, "is_dismissed": False})
        return self.screen()

    def dismiss_face(self, face, dismissed=True):
        """No face that counts: a picture on the wall, somebody passing. Taken back, it has its
        name again."""
        self._one(self._faces_in_review(), face).is_dismissed = dismissed
        return self.screen()

    def mark_present(self, employee, present=True):
        """The reviewer saw somebody whose face is on no photo."""
        self._faces_in_review()
        self._check_nameable(employee)
        mine = self._acting()
        mine.by_hand = sorted(
            set(mine.by_hand or []) - {employee} | ({employee} if present else set())
        )
        return self.screen()

    def confirm(self):
        """What is on the screen holds: events are written, and the photos erased."""
        mine = self._acting()
        self._lock()
        if mine.state == "confirmed":
            return self.screen()
        self._faces_in_review()
        people = {one.employee_id.id: one for one in self._nameable()}
        lines = mine._result(people)
        mine._write_lines(lines)
        self._write_events([line for line in lines if line.present])
        if mine.session_id:
            mine.session_id._face_called()
        mine.photo_ids.unlink()
        mine.write(
            {
                "state": "confirmed",
                "confirmed_at": fields.Datetime.now(),
                "confirmed_by_id": self.env.uid,
                "by_hand": False,
            }
        )
        return self.screen()

    def _lock(self):
        self.env.cr.execute("SELECT 1 FROM hr_face_roll_call WHERE id = %s FOR UPDATE", [self.id])
        self.invalidate_recordset()

    def _faces_in_review(self):
        mine = self._acting()
        mine.ensure_one()
        if mine.state != "review":
            raise UserError(self.env._("This roll call is not under review."))
        return mine.photo_ids.face_ids

    def _one(self, faces, number):
        found = faces.filtered(lambda one: one.id == number)
        if not found:
            raise UserError(self.env._("This face is not part of the roll call."))
        return found

    def _check_nameable(self, employee):
        if employee not in self._nameable().employee_id.ids:
            raise UserError(self.env._("You may name people of yours only."))

    def _expected(self, people):
        """Ids of those among `people` who should be there: of the session, of the department
        and those below it, or all."""
        if self.session_id:
            expected = set(self._expected_at_session())
        elif self.department_id:
            below = self.env["hr.department"].search([("id", "child_of", self.department_id.id)])
            expected = {employee for employee, one in people.items() if one.department_id in below}
        else:
            return list(people)
        return [employee for employee in people if employee in expected]

    def _expected_at_session(self):
        expected, _declined = self.session_id._face_expected(self.session_id)
        return expected[self.session_id.id]

    def _result(self, people):
        """rules.roll_call.Line of each, of those whom the reviewer may see."""
        if self.state == "confirmed":
            return [
                roll_call.Line(
                    line.employee_id.id,
                    line.present,
                    line.expected,
                    line.similarity,
                    line.named_by_hand,
                )
                for line in self.line_ids
                if line.employee_id.id in people
            ]
        faces = [
            face if face.employee in people else face._replace(employee=None)
            for face in self.photo_ids.face_ids._as_rules()
        ]
        by_hand = [one for one in self.by_hand or [] if one in people]
        return roll_call.result(faces, self._expected(people), by_hand)

    def _write_lines(self, lines):
        employees = self.env["hr.employee"].browse([line.employee for line in lines])
        self.env["hr.face.roll.call.line"].create(
            [
                {
                    "call_id": self.id,
                    "employee_id": line.employee,
                    "department_id": employee.department_id.id,
                    "present": line.present,
                    "expected": line.expected,
                    "similarity": line.similarity or 0,
                    "named_by_hand": line.by_hand,
                }
                for line, employee in zip(lines, employees, strict=True)
            ]
        )

    def _write_events(self, lines):
        """Whoever was there is in, at the moment of the photos; who is in already stays so."""
        at = self.taken_at.replace(tzinfo=UTC)
        employees = self.env["hr.employee"].sudo().browse([line.employee for line in lines])
        facts = [
            Fact(
                "roll_call",
                employee,
                at,
                "in",
                evidence={
                    "roll_call": self.uuid,
                    "similarity": line.similarity,
                    "by_hand": line.by_hand,
                },
                uuid=str(uuid5(UUID(self.uuid), str(employee.id))),
            )
            for line, employee in zip(lines, employees, strict=True)
        ]
        if facts:
            self.env["hr.face.event"]._record(facts)


class HrFaceRollCallFace(models.Model):
    _inherit = "hr.face.roll.call.face"

    def _as_rules(self):
        return [
            roll_call.Face(
                face.id,
                face.photo_id.id,
                (not face.is_dismissed and face.employee_id.id) or None,
                face.similarity or None,
            )
            for face in self
        ]

    def _shown(self, said, people):
        """As the page draws it; nobody whom the viewer may not see is named."""
        counts = not self.is_dismissed and self.employee_id.id in people
        employee = self.employee_id.id if counts else False
        return {
            "id": self.id,
            "box": [self.x, self.y, self.width, self.height],
            "outcome": self.outcome,
            "defects": self.defects or [],
            "employee": employee,
            "similarity": self.similarity or False,
            "similar": [one for one in self.similar or [] if one in people],
            "elsewhere": self.is_elsewhere and not employee,
            "dismissed": self.is_dismissed,
            "counts": said[self.id] if employee else roll_call.NOBODY,
        }
