from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..rules import chain, punch

REDACTED_COLUMNS = ("employee_id", "department_id", *chain.PERSONAL[1:], "salt", "attendance_id")
"""The personal part, its salt, and the way to the person over their attendance."""
BATCH = 1000
ROUNDS = 20
NEAR = 8
"""Events of a person that are looked at first: what stays is folded only until it comes to what
is stored, mostly the next check-out, and a batch concerns hundreds of people."""


class HrFaceEvent(models.Model):
    """Deleting is redaction: the person goes, the proof that it happened stays.

    Redaction never changes hours: rows that rest on redacted events become fixed points,
    and so does whatever else a later derivation would find different without them.
    """

    _inherit = "hr.face.event"

    def unlink(self):
        """Redact. Administrators only; a list's "Delete" ends here as well."""
        self._redact(self.env._("Deleted by an administrator"))
        return True

    def action_redact(self):
        self._redact(self.env._("Redacted by an administrator"))

    def _redact(self, reason):
        self.check_access("unlink")
        if not self.env.su and not self.env.user.has_group("hr_face_attendance.group_face_manager"):
            raise AccessError(self.env._("Only an administrator may redact events."))
        events = self.sudo().filtered(lambda event: not event.redacted_at)
        if not events:
            return
        earliest, latest = {}, {}
        for event in events.filtered("employee_id"):
            moment, who = event.captured_at, event.employee_id
            earliest[who] = min(earliest.get(who, moment), moment)
            latest[who] = max(latest.get(who, moment), moment)
        for target in events._targets():
            moment, who = target.captured_at, target.employee_id
            if who in earliest:
                earliest[who] = min(earliest[who], moment)
        self.env["hr.face.presence"].sudo()._touch([one.id for one in earliest])
        rows = events.attendance_id
        rows._face_fix()
        events._clear(reason, self.env.uid)
        for who, moment in latest.items():
            self.env["hr.face.presence"].sudo()._forget([who.id], moment)
        _reach(rows, earliest, latest)
        events._settle(earliest, latest)

    def _clear(self, reason, by):
        cleared = SQL(", ").join(
            SQL("%s = NULL", SQL.identifier(name)) for name in REDACTED_COLUMNS
        )
        self.env.cr.execute(
            SQL(
                "UPDATE hr_face_event SET %s, redacted_at = %s, redacted_by_id = %s,"
                " redaction_reason = %s WHERE id = ANY(%s)",
                cleared,
                fields.Datetime.now(),
                by,
                reason,
                self.ids,
            )
        )
        self.invalidate_model()

    def _targets(self):
        """The events that these correct."""
        uuids = self.filtered("corrects_uuid").mapped("corrects_uuid")
        return self.search([("uuid", "in", uuids), ("company_id", "in", self.company_id.ids)])

    def _settle(self, earliest, latest):
        """Fix whatever would come out differently without these events."""
        Attendance = self.env["hr.attendance"].sudo()
        for _round in range(ROUNDS):
            plans = [
                done.plan for done in Attendance._face_plans(earliest, latest, window=NEAR).values()
            ]
            rows = [row for plan in plans for row in (*plan.deletes, *plan.updates)]
            uuids = [uuid for plan in plans for uuid in plan.creates]
            if not rows and not uuids:
                return
            fixed = Attendance.browse(rows)
            fixed._face_fix()
            _reach(fixed, earliest, latest)
            self.env.cr.execute(
                "UPDATE hr_face_event SET state = 'ignored', reason_code = %s,"
                " reason_params = NULL, direction = NULL"
                " WHERE uuid = ANY(%s) AND employee_id = ANY(%s)",
                [punch.REMOVED, uuids, [one.id for one in earliest]],
            )
            self.invalidate_model()

    @api.model
    def _redact_people(self, employees):
        """The person is deleted or erased: their events stay as facts without a person."""
        self.search([("employee_id", "in", employees.ids)])._redact(self.env._("Person erased"))

    @api.model
    def _cron_redact_old(self):
        """Redact what the company does not keep any longer, oldest first, batch by batch."""
        companies = self.env["res.company"].sudo().search([("face_event_months", ">", 0)])
        for company in companies:
            while events := self._to_expire(company, company._face_kept_since()):
                events._redact(self.env._("No longer kept"))
                self.env["ir.cron"]._commit_progress(len(events))

    def _to_expire(self, company, horizon):
        return self.sudo().search(
            [
                ("company_id", "=", company.id),
                ("captured_at", "<", horizon),
                ("redacted_at", "=", False),
            ],
            order="captured_at, id",
            limit=BATCH,
        )


def _reach(fixed, earliest, latest):
    """Look as far around these rows as a fixed one explains what was seen beside it."""
    for row in fixed.sudo():
        who = row.employee_id
        near = who.company_id._face_rules().leaving
        if who in earliest:
            earliest[who] = min(earliest[who], row.check_in - near)
            latest[who] = max(latest[who], (row.check_out or row.check_in) + near)
