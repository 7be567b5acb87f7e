from odoo import fields, models
from odoo.tools import SQL

ENROLMENT = [
    ("enrolled", "Enrolled"),
    ("other_model", "Other face model"),
    ("no_template", "Pictures missing"),
    ("no_consent", "Consent missing"),
]


class HrFaceRegistration(models.Model):
    """A person as the gates know them: enrolled or not, and where they were seen last.

    A view over what other models keep, for lists and cards. It is a model of its own and no
    field of hr.employee, because core evaluates client-made domains on employees as
    superuser. Its record rules say whose presence somebody may see.
    """

    _name = "hr.face.registration"
    _description = "Registered Person"
    _auto = False
    _log_access = False
    _order = "name, id"
    _rec_name = "name"
    _depends = {
        "hr.employee": ["name", "active", "company_id", "current_version_id"],
        "hr.version": ["department_id", "work_location_id", "job_title"],
        "hr.face.consent": ["employee_id", "company_id", "state", "text_version", "given_at"],
        "hr.face.template": ["employee_id", "company_id", "model", "enrolled_at"],
        "hr.face.presence": ["employee_id", "seen_at", "gate_id", "direction"],
        "res.company": ["face_model", "face_consent_oldest", "face_consent_deadline"],
    }

    employee_id = fields.Many2one("hr.employee", readonly=True)
    name = fields.Char(readonly=True)
    active = fields.Boolean(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)
    work_location_id = fields.Many2one("hr.work.location", string="Site", readonly=True)
    job_title = fields.Char(readonly=True)
    enrolment = fields.Selection(ENROLMENT, readonly=True)
    template_count = fields.Integer(string="Templates", readonly=True, aggregator=None)
    enrolled_at = fields.Datetime(string="Enrolled", readonly=True)
    consent_at = fields.Datetime(string="Consent Given", readonly=True)
    seen_at = fields.Datetime(string="Last Seen", readonly=True)
    gate_id = fields.Many2one("hr.face.gate", string="Last Gate", readonly=True)
    direction = fields.Selection([("in", "In"), ("out", "Out")], readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT e.id, e.id AS employee_id, e.name, e.active, e.company_id,
                   v.department_id, v.work_location_id, v.job_title,
                   CASE WHEN c.id IS NULL THEN 'no_consent'
                        WHEN t.usable > 0 THEN 'enrolled'
                        WHEN t.total > 0 THEN 'other_model'
                        ELSE 'no_template' END AS enrolment,
                   coalesce(t.total, 0) AS template_count, t.enrolled_at,
                   c.given_at AS consent_at, p.seen_at, p.gate_id, p.direction
              FROM hr_employee e
              JOIN res_company r ON r.id = e.company_id
         LEFT JOIN hr_version v ON v.id = e.current_version_id
         LEFT JOIN hr_face_consent c
                ON c.employee_id = e.id AND c.company_id = e.company_id AND c.state = 'given'
               AND (c.text_version >= r.face_consent_oldest
                    OR r.face_consent_deadline IS NULL OR r.face_consent_deadline >= %(today)s)
         LEFT JOIN (SELECT employee_id, company_id, count(*) AS total,
                           count(*) FILTER (WHERE model = own.face_model) AS usable,
                           max(enrolled_at) AS enrolled_at
                      FROM hr_face_template JOIN res_company own ON own.id = company_id
                     GROUP BY employee_id, company_id) t
                ON t.employee_id = e.id AND t.company_id = e.company_id
         LEFT JOIN hr_face_presence p ON p.employee_id = e.id
            """,
            today=fields.Date.context_today(self),
        )

    def action_open_person(self):
        return self.employee_id.action_face_open_person()

    def action_open_employee(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "hr.employee",
            "res_id": self.employee_id.id,
            "views": [(False, "form")],
        }
