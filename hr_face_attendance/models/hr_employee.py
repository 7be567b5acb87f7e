import base64

from odoo import api, fields, models
from odoo.tools import format_date

GALLERY_FIELDS = frozenset(
    {"name", "active", "lang", "company_id", "department_id", "category_ids", "work_location_id"}
    | {"barcode"}
)
"""What a gallery says of a person, or who is in it."""


class HrEmployee(models.Model):
    """Face enrolment as HR sees it.

    No stored field and no inverse of ours lives here (or on hr.employee.public): see
    hr.face.template. The status is computed for the form and cannot be searched.
    """

    _inherit = "hr.employee"

    face_status = fields.Selection(
        [
            ("enrolled", "Enrolled"),
            ("no_template", "No template"),
            ("no_consent", "Consent missing"),
        ],
        string="Face",
        compute="_compute_face_status",
        groups="hr_face_attendance.group_face_officer",
    )
    face_template_count = fields.Integer(
        compute="_compute_face_status", groups="hr_face_attendance.group_face_officer"
    )

    face_state_text = fields.Char(
        compute="_compute_face_status",
        groups="hr_face_attendance.group_face_officer",
        help="With which model, since when and how well; or what is missing.",
    )
    face_consent_earlier = fields.Boolean(
        compute="_compute_face_status", groups="hr_face_attendance.group_face_officer"
    )
    face_erasure_text = fields.Char(
        string="Erasure on the Devices",
        compute="_compute_face_erasure_text",
        groups="hr_face_attendance.group_face_officer",
    )

    def _compute_face_erasure_text(self):
        """Said while a device has not answered, and to somebody who is not enrolled any more."""
        erasures = self.env["hr.face.erasure"].sudo()
        known = erasures.search([("employee_id", "in", self._origin.ids)]).grouped("employee_id")
        for employee in self:
            mine = known.get(employee._origin, erasures)
            told = employee.face_status != "enrolled" or not all(mine.mapped("acknowledged_at"))
            employee.face_erasure_text = mine._summary() if told else False

    def _compute_face_status(self):
        consents = self.env["hr.face.consent"]._active_of(self._origin)
        templates = self.env["hr.face.template"].sudo()._of(self._origin).grouped("employee_id")
        for employee in self:
            mine = templates.get(employee._origin, self.env["hr.face.template"].sudo())
            employee.face_template_count = len(mine)
            consent = consents.get(employee._origin.id)
            employee.face_state_text = employee._face_state_text(consent, mine)
            employee.face_consent_earlier = bool(consent and consent.is_earlier)
            if not consent:
                employee.face_status = "no_consent"
            else:
                employee.face_status = "enrolled" if employee.face_template_count else "no_template"

    def _face_state_text(self, consent, templates):
        """What the form says: enrolled how, or what to do next."""
        if not consent:
            return self.env._("Not enrolled: consent is missing.")
        usable = templates.filtered(lambda one: one.model == one.company_id.face_model)
        if templates and not usable:
            return self.env._("Enrolled with another face model: enrol again.")
        if not usable:
            return self.env._("Not enrolled: pictures are missing.")
        return self.env._(
            "Enrolled on %(day)s with %(model)s: %(count)s templates, quality %(quality)s %%.",
            day=format_date(self.env, max(usable.mapped("enrolled_at"))),
            model=usable[0].model,
            count=len(usable),
            quality=round(100 * sum(usable.mapped("quality")) / len(usable)),
        )

    def _compute_last_attendance_id(self):
        """Core's, in one query for everybody: a batch of events concerns many people."""
        if len(self) < 2:
            super()._compute_last_attendance_id()
            return
        Attendance = self.env["hr.attendance"]
        Attendance.flush_model(["employee_id", "check_in"])
        self.env.cr.execute(
            """
            SELECT e.id, a.id FROM unnest(%s) AS e(id) CROSS JOIN LATERAL (
                SELECT id FROM hr_attendance
                 WHERE employee_id = e.id ORDER BY check_in DESC LIMIT 1) a
            """,
            [self.ids],
        )
        last = dict(self.env.cr.fetchall())
        for employee in self:
            employee.last_attendance_id = Attendance.browse(last.get(employee._origin.id))

    def write(self, vals):
        were_active = self.filtered("active") if "active" in vals else self.browse()
        result = super().write(vals)
        if "active" in vals:
            self._face_note_archived(were_active)
        if "company_id" in vals:
            self._face_leave_companies()
        if not GALLERY_FIELDS.isdisjoint(vals):
            self.env["hr.face.gallery.change"].sudo()._bump_enrolled(self)
        return result

    def _face_given(self):
        return (
            self.env["hr.face.consent"]
            .sudo()
            .search([("employee_id", "in", self.ids), ("state", "=", "given")])
        )

    def _face_note_archived(self, were_active):
        """Archiving starts the time after which templates are erased; coming back ends it."""
        archived = were_active.filtered(lambda employee: not employee.active)
        archived._face_given()._note_archived(fields.Datetime.now())
        (self.filtered("active") - were_active)._face_given()._note_archived(False)

    def _face_leave_companies(self):
        """Consent was given to one company and does not move with the person to another."""
        left = self._face_given().filtered(
            lambda consent: consent.company_id != consent.employee_id.company_id
        )
        left._end("moved", self.env._("Moved to another company"))

    def unlink(self):
        """Templates and consents go with the person; events stay as redacted facts."""
        self.env["hr.face.event"].sudo()._redact_people(self)
        self.env["hr.face.gallery.change"].sudo()._bump_enrolled(self)
        self.env["hr.face.template"].sudo()._of(self)._erase("deleted")
        return super().unlink()

    def action_face_enrol(self):
        """The dialog; of several, beginning with the first who has no face yet."""
        enrolled = self.env["hr.face.template"].sudo()._of(self).employee_id
        return (self - enrolled or self)[0]._face_enrol_action()

    def _face_enrol_action(self):
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.enrol",
            "params": {"employee_id": self.id},
        }

    def action_face_record_consent(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Record Consent"),
            "res_model": "hr.face.consent.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_employee_id": self.id, "dialog_size": "large"},
        }

    def action_face_withdraw_consent(self):
        consents = self.env["hr.face.consent"].search(
            [("employee_id", "in", self.ids), ("state", "=", "given")]
        )
        return consents.action_withdraw()

    def action_face_open_enrolment(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_consent"
        )
        return action | {"domain": [("employee_id", "=", self.id)], "context": {}}

    def _face_note(self, body):
        """Leave a trace in the person's chatter, by whoever acts."""
        for employee in self.sudo():
            employee.message_post(body=body, message_type="notification")

    @api.model
    def _face_lang(self, lang):
        return (lang or self.env.company.partner_id.lang or "en_US").replace("_", "-")

    def _face_wire(self, templates, *, second_factor, badge=None):
        """This person as in wire/gallery_page.v1; `templates` are (uuid, vector bytes)."""
        self.ensure_one()
        return {
            "employee": self.id,
            "display_name": self.name,
            "language": self._face_lang(self.lang),
            "department": self.department_id.id or None,
            "tags": sorted(self.category_ids.ids),
            "second_factor": second_factor,
            "badge": badge,
            "templates": [
                {"uuid": uuid, "vector": base64.b64encode(vector).decode()}
                for uuid, vector in templates
            ],
        }


class HrVersion(models.Model):
    """Department and site live in the employee's version."""

    _inherit = "hr.version"

    @api.model_create_multi
    def create(self, vals_list):
        versions = super().create(vals_list)
        versions._face_changed()
        return versions

    def write(self, vals):
        result = super().write(vals)
        if not GALLERY_FIELDS.isdisjoint(vals) or "date_version" in vals:
            self._face_changed()
        return result

    def _face_changed(self):
        self.env["hr.face.gallery.change"].sudo()._bump_enrolled(self.sudo().employee_id)
