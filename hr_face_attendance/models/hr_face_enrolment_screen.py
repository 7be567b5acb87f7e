from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import jwt
from .hr_face_device_api import utc_text

OFFERED = ("dialog", "photos")


class HrFaceEnrolment(models.Model):
    """What the enrolment dialog asks. Whoever may begin an enrolment may lead it to its end."""

    _inherit = "hr.face.enrolment"

    @api.model
    def begin(self, employee_id, source="dialog"):
        """A new session of this person; one that was left open here goes."""
        if source not in OFFERED:
            raise UserError(self.env._("An enrolment begins with a camera or with photos."))
        session = self.create({"employee_id": employee_id, "source": source})
        mine = [
            *(("employee_id", "=", employee_id), ("source", "in", OFFERED), ("state", "=", "open")),
            *(("id", "!=", session.id), ("create_uid", "=", self.env.uid)),
        ]
        self.search(mine)._end("cancelled")
        return session.screen()

    def screen(self):
        """Everything the dialog shows; the person who looks alike is named to HR only."""
        self.ensure_one()
        self.check_access("read")
        employee, consent = self.sudo().employee_id, self._consent()
        lang = employee.lang or employee.company_id.partner_id.lang or self.env.lang
        company = employee.company_id.with_context(lang=lang)
        return {
            "id": self.id,
            "uuid": self.uuid,
            "state": self.state,
            "source": self.source,
            "employee": {"id": employee.id, "name": employee.name},
            "enrolled": self.env["hr.face.template"].sudo()._of(employee).ids != [],
            "consent": {
                "given": bool(consent),
                "text": company._face_consent_words(),
                "version": company.face_consent_version,
                "lang": lang,
            },
            "images_days": employee.company_id.face_image_days,
            **self._progress(),
        }

    def _progress(self):
        captures = self.sudo().capture_ids
        return {
            "captures": [
                {
                    "id": one.id,
                    "uuid": one.uuid,
                    "pose": one.pose,
                    "quality": one.quality,
                }
                for one in captures
            ],
            "missing": self._missing(),
            "enough": bool(captures),
        }

    def progress(self):
        """What has arrived from the service so far."""
        self.ensure_one()
        self.check_access("read")
        return self._progress()

    def give_consent(self, method, lang):
        """The person agrees, on paper or on this screen; returns the screen."""
        self.ensure_one()
        if method not in ("paper", "screen"):
            raise UserError(self.env._("Consent is given on paper or on this screen."))
        self.env["hr.face.consent"].create(
            {"employee_id": self.employee_id.id, "method": method, "lang": lang}
        )
        return self.screen()

    def token(self):
        """For this browser to hand its pictures to the recognition service."""
        self.ensure_one()
        self.check_access("create")
        return self._token()

    def _token(self):
        """{"token", "service", "expires_at"}; None while the company has no service."""
        if not self._is_open() or not self._consent():
            raise UserError(self.env._("This enrolment is over, or consent is missing."))
        company = self.company_id.sudo()
        services = self.env["hr.face.device"]._services(company)
        if not services:
            return None
        token = self.env["hr.face.service.key"]._token(
            company,
            services[0].service_url,
            f"enrolment:{self.id}",
            (jwt.CAPTURE,),
            jwt.BROWSER_TTL_S,
            enrolment=self.uuid,
        )
        expires_at = fields.Datetime.add(fields.Datetime.now(), seconds=jwt.BROWSER_TTL_S)
        return {
            "token": token,
            "service": services[0].service_url,
            "expires_at": utc_text(expires_at),
        }

    def review(self):
        """Who else has this face, before it is confirmed: named, for HR."""
        self.ensure_one()
        self.check_access("create")
        similar = self._similar()
        same = self._same_face(similar)
        return {
            "missing": self._missing(),
            "chosen": self._chosen().mapped("uuid"),
            "similar": [
                {"name": other.name, "similarity": round(value, 4), "same": other in same}
                for other, value in similar.items()
            ],
        }

    def drop(self, uuid):
        """HR does not want this capture."""
        self.ensure_one()
        self.check_access("create")
        self.sudo().capture_ids.filtered(lambda one: one.uuid == uuid).unlink()
        return self._progress()

    def confirm(self, told_apart=False):
        """HR says yes. `told_apart`: and that whoever looks the same is somebody else."""
        self.check_access("create")
        made = self._confirm(told_apart=bool(told_apart))
        return {"templates": len(made), "next": self._next()}

    def cancel(self):
        self.check_access("create")
        self.filtered(lambda one: one.state in ("open", "review"))._end("cancelled")
        return True

    def _next(self):
        """The next of one's people, by name, who has no face yet; None when all have."""
        mine = [("company_id", "in", self.env.companies.ids)]
        if not self.env.user.has_group("hr_attendance.group_hr_attendance_user"):
            mine.append(("attendance_manager_id", "=", self.env.uid))
        templates = self.env["hr.face.template"].sudo()
        enrolled = templates.search([("company_id", "in", self.env.companies.ids)]).employee_id
        known = (enrolled | self.sudo().employee_id).ids
        # Whoever enrols need not be allowed to read employees; the domain is fixed here.
        employees = self.env["hr.employee"].sudo()
        found = employees.search([*mine, ("id", "not in", known)], order="name, id", limit=1)
        return {"id": found.id, "name": found.name} if found else None

    def action_review(self):
        """Open the dialog on what came by a link."""
        self.ensure_one()
        return self.employee_id._face_enrol_action() | {
            "params": {"enrolment_id": self.id, "employee_id": self.employee_id.id}
        }
