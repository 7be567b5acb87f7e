from datetime import UTC
from uuid import UUID, uuid5

from odoo import api, models
from odoo.exceptions import UserError

from ..rules.errors import Malformed, NotFound
from .hr_face_device_api import utc_text


class HrFaceRollCall(models.Model):
    """Roll calls of registered programs: begun over HTTP, read in the background, told when
    asked again. A person confirms them in Odoo; nothing counts before."""

    _inherit = "hr.face.roll.call"

    @api.model
    def _api_begin(self, client, asked):
        """The roll call of this UUID; sent again, it is the same one. Call as superuser.

        Raises:
            Malformed: the session, department or time cannot be.
        """
        company = client.company_id
        known = self._api_find(client, asked.uuid)
        if known:
            return known
        event = self.env["calendar.event"].search(
            [("id", "=", asked.session or 0), *self._sessions_here(company)]
        )
        if asked.session and not event:
            raise Malformed("session", "There is no such session.")
        department = self.env["hr.department"].browse(asked.department or [])
        if asked.department and not department.exists().filtered_domain(
            [("company_id", "in", (False, company.id))]
        ):
            raise Malformed("department", "There is no such department.")
        try:
            number = self._begin(
                company, asked.uuid, event, department, asked.taken_at, asked.on, client
            )
        except UserError as error:
            field = "date" if asked.on else "taken_at"
            raise Malformed(field, str(error)) from error
        call = self.browse(number)
        for place, content in enumerate(asked.photos):
            call._take(str(uuid5(UUID(asked.uuid), str(place))), content)
        call._start()
        return call

    @api.model
    def _api_find(self, client, uuid):
        """One that this client began, or nothing."""
        return self.search([("client_id", "=", client.id), ("uuid", "=", uuid)])

    def _api_result(self, base_url):
        """wire/roll_call_result.v1"""
        if not self:
            raise NotFound("There is no such roll call.")
        people = {one.employee_id.id: one for one in self._shown_people()}
        is_read = self.state in {"review", "confirmed"}
        lines = self._result(people) if is_read else []
        faces = self.photo_ids.face_ids.filtered(lambda one: not one.is_dismissed)
        url = f"{base_url}/hr_face_attendance/v1/roll-calls/{self.uuid}/sheet"
        return {
            "uuid": self.uuid,
            "state": self.state,
            "message": self.message or None,
            "taken_at": utc_text(self.taken_at.replace(tzinfo=UTC)),
            "session": self.session_id.id or None,
            "present": [_line(line, people[line.employee]) for line in lines if line.present],
            "absent": [_line(line, people[line.employee]) for line in lines if not line.present],
            "unknown": [_face(one) for one in faces if not one.employee_id] if is_read else [],
            "unreadable": [
                {"photo": place, "message": photo.detail}
                for place, photo in enumerate(self.photo_ids)
                if photo.state == "unreadable"
            ],
            "excel_url": url if is_read else None,
        }


def _line(line, person):
    return {
        "employee": line.employee,
        "display_name": person.name,
        "expected": line.expected,
        "similarity": line.similarity and round(line.similarity, 4),
        "by_hand": line.by_hand,
    }


def _face(face):
    box = (face.x, face.y, face.width, face.height)
    return {
        "photo": face.photo_id.call_id.photo_ids.ids.index(face.photo_id.id),
        "box": [round(share, 4) for share in box],
        "outcome": face.outcome,
    }
