from odoo import api, fields, models
from odoo.exceptions import AccessError

STATUSES = [
    ("present", "Present"),
    ("still_in", "Still in"),
    ("missing_punch", "Missing punch"),
    ("absent", "Absent"),
    ("pending", "Expected"),
    ("leave", "On leave"),
    ("holiday", "Public holiday"),
]


class HrFaceDay(models.Model):
    """What a day came to for one person: derived from attendance, schedule and what arrived.

    Rows are written by `_keep` in SQL, one statement for everybody touched, and by nobody
    else. Days on which nothing was expected and nobody came have no row.
    """

    _name = "hr.face.day"
    _description = "Attendance Day"
    _order = "date desc, employee_id, id"
    _log_access = False

    employee_id = fields.Many2one("hr.employee", readonly=True, required=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, required=True, ondelete="cascade")
    department_id = fields.Many2one("hr.department", related="employee_id.department_id")
    date = fields.Date(readonly=True, required=True)
    status = fields.Selection(STATUSES, readonly=True, required=True)
    late_min = fields.Integer(string="Late (min)", readonly=True)
    early_min = fields.Integer(string="Left Early (min)", readonly=True)
    expected_h = fields.Float(string="Expected Hours", readonly=True)
    worked_h = fields.Float(string="Worked Hours", readonly=True)
    first_in = fields.Datetime(readonly=True)
    last_out = fields.Datetime(readonly=True)
    flags = fields.Char(readonly=True)
    remarks = fields.Char(compute="_compute_remarks")
    waiting_for = fields.Char(
        readonly=True,
        help="Gates that have not yet delivered all they saw up to the end of the day.",
    )
    color = fields.Integer(compute="_compute_color")

    _one_per_day = models.UniqueIndex("(employee_id, date)")
    _company_date_idx = models.Index("(company_id, date DESC)")
    _unsettled_idx = models.Index("(date) WHERE status IN ('pending', 'still_in')")

    @api.depends("late_min", "early_min", "flags", "waiting_for")
    @api.depends_context("lang")
    def _compute_remarks(self):
        words = {
            "too_early": self.env._("checked in unusually early"),
            "too_late": self.env._("checked out unusually late"),
        }
        for day in self:
            said = [words[flag] for flag in (day.flags or "").split(",") if flag in words]
            if day.early_min:
                said.insert(0, self.env._("left %s min early", day.early_min))
            if day.late_min:
                said.insert(0, self.env._("%s min late", day.late_min))
            if day.waiting_for:
                said.append(self.env._("waiting for %s", day.waiting_for))
            text = ", ".join(said)
            day.remarks = text[:1].upper() + text[1:]

    @api.depends("status", "late_min", "early_min")
    def _compute_color(self):
        colors = {"absent": 1, "missing_punch": 2, "still_in": 4, "leave": 5, "holiday": 9}
        for day in self:
            odd = day.late_min or day.early_min
            day.color = colors.get(day.status, 3 if odd else 10 if day.status == "present" else 0)

    @api.depends("employee_id", "status")
    def _compute_display_name(self):
        statuses = dict(self._fields["status"]._description_selection(self.env))
        for day in self:
            day.display_name = f"{day.employee_id.name}, {statuses[day.status]}"

    @api.model_create_multi
    def create(self, vals_list):
        raise AccessError(self.env._("Days follow from attendance; they are not made by hand."))

    def write(self, vals):
        raise AccessError(self.env._("Days follow from attendance; change that instead."))

    def action_open_attendance(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("hr_attendance.hr_attendance_action")
        return action | {
            "domain": [("employee_id", "=", self.employee_id.id), ("date", "=", self.date)],
            "context": {},
        }

    def action_open_person(self):
        return self.employee_id.action_face_open_person()
