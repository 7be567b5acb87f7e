import base64
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..rules.sheet import month_before

_logger = logging.getLogger(__name__)

AT_ONCE = 40_000
"""Employee-days that are made while somebody waits: about a second."""
MOST = 1_000_000
"""… and in the background: about 20 seconds and 500 MB."""
MOST_DAYS = 3660
KEPT = timedelta(hours=24)
TRIES = 3
GIVEN = (
    *("company_id", "period", "date_from", "date_to"),
    *("department_ids", "person_ids", "everybody"),
)
"""What the caller may say; everything else follows from what happens."""
ROLES = ("group_face_officer", "group_face_auditor")


class HrFaceSheet(models.Model):
    """A spreadsheet of employees × dates that somebody asked for.

    Made by the rights and in the language of whoever asked: at once if it is small, else in
    the background. A file is for who asked, and is gone after a day.
    """

    _name = "hr.face.sheet"
    _description = "Attendance Sheet"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    user_id = fields.Many2one(
        "res.users",
        string="For",
        required=True,
        readonly=True,
        index=True,
        default=lambda self: self.env.uid,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]",
        ondelete="cascade",
    )
    period = fields.Selection(
        [
            ("this_month", "This month"),
            ("last_month", "Last month"),
            ("this_year", "This year"),
            ("own", "Other dates"),
        ],
        required=True,
        default="this_month",
    )
    date_from = fields.Date(
        string="From",
        required=True,
        compute="_compute_dates",
        store=True,
        precompute=True,
        readonly=False,
    )
    date_to = fields.Date(
        string="To",
        required=True,
        compute="_compute_dates",
        store=True,
        precompute=True,
        readonly=False,
    )
    department_ids = fields.Many2many(
        "hr.department", string="Departments", help="With those below them. Empty: all."
    )
    person_ids = fields.Many2many(
        "hr.face.registration",
        "hr_face_sheet_person_rel",
        "sheet_id",
        "person_id",
        string="People",
        context={"active_test": False},
        help="Empty: all whose attendance you may see.",
    )
    everybody = fields.Boolean(
        compute="_compute_everybody",
        store=True,
        precompute=True,
        readonly=False,
        help="Of everybody whom its maker may see. Not set, and nobody chosen is left: of nobody.",
    )
    state = fields.Selection(
        [
            ("draft", "Not made"),
            ("waiting", "Being made"),
            ("done", "Ready"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="draft",
    )
    monthly = fields.Boolean(readonly=True, help="Goes by e-mail, as the company has settled.")
    lang = fields.Char(readonly=True, help="Language to write in; empty: that of who asked.")
    message = fields.Char(readonly=True)
    attempts = fields.Integer(readonly=True, default=0)
    content = fields.Binary(attachment=True, readonly=True, groups=fields.NO_ACCESS)
    expires_at = fields.Datetime(string="Until", readonly=True)

    _monthly_once = models.UniqueIndex("(user_id, company_id, date_from) WHERE monthly")
    _waiting_idx = models.Index("(id) WHERE state = 'waiting'")

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_name(self):
        for sheet in self:
            first, last = (fields.Date.to_string(date) for date in (sheet.date_from, sheet.date_to))
            sheet.name = self.env._("Attendance %(first)s – %(last)s", first=first, last=last)

    @api.depends("period")
    def _compute_dates(self):
        today = fields.Date.context_today(self)
        first_of = {
            "this_month": (today.replace(day=1), today),
            "last_month": month_before(today),
            "this_year": (today.replace(month=1, day=1), today),
        }
        for sheet in self:
            if sheet.period in first_of:
                sheet.date_from, sheet.date_to = first_of[sheet.period]

    @api.depends("person_ids")
    def _compute_everybody(self):
        for sheet in self:
            sheet.everybody = not sheet.person_ids

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for sheet in self:
            days = (sheet.date_to - sheet.date_from).days + 1
            if not 1 <= days <= MOST_DAYS:
                raise ValidationError(
                    self.env._("A sheet is of one day to ten years, the first date first.")
                )

    @api.model
    def default_get(self, names):
        """What was selected in a list: people, or days of people."""
        values = super().default_get(names)
        model = self.env.context.get("active_model")
        active = self.env.context.get("active_ids") or []
        if model in {"hr.employee", "hr.employee.public", "hr.face.registration"}:
            values |= self._chosen(active)
        elif model == "hr.face.day" and active:
            days = self.env["hr.face.day"].search_fetch(
                [("id", "in", active)], ["date", "employee_id"]
            )
            dates = days.mapped("date")
            values |= self._chosen(days.employee_id.ids) | {
                "period": "own",
                "date_from": min(dates, default=False),
                "date_to": max(dates, default=False),
            }
        return values

    def _chosen(self, employees):
        """Those of these employees whose attendance the user may see; without any, nobody."""
        people = self._registrations().search([("id", "in", employees)])
        return {"person_ids": [fields.Command.set(people.ids)], "everybody": False}

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [{name: vals[name] for name in GIVEN if name in vals} for vals in vals_list]
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if set(vals) - set(GIVEN):
                raise AccessError(self.env._("A sheet is what it was made as."))
            if any(sheet.state != "draft" for sheet in self):
                raise UserError(self.env._("This sheet is made; ask for another one."))
        return super().write(vals)

    # Asking

    def action_make(self):
        """Download it, or be told when it is ready."""
        self.ensure_one()
        self.check_access("write")
        self._check_may_ask()
        size = self._size()
        if size > MOST:
            raise UserError(
                self.env._("These are too many people and days for a file: choose fewer.")
            )
        if self.state == "draft" and size > AT_ONCE:
            self.sudo().state = "waiting"
            self.env.ref("hr_face_attendance.cron_face_sheet").sudo()._trigger()
            return self._said_so()
        return {
            "type": "ir.actions.act_url",
            "url": self._url(),
            "target": "download",
            "close": True,
        }

    def _said_so(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.name,
                "message": self.env._("This is a large sheet. You are told when it is ready."),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _url(self):
        return f"/hr_face_attendance/sheet/{self.id}"

    def _check_may_ask(self):
        """Whoever may look at attendance here, now; also when the file is made or fetched."""
        user = self.env.user
        allowed = any(user.has_group(f"hr_face_attendance.{role}") for role in ROLES)
        if not allowed or not user.active or self.sudo().company_id not in user.company_ids:
            raise AccessError(self.env._("Attendance sheets are for officers and auditors."))

    def _download(self):
        """(file name, bytes) for who asked, or None if it is not there (any more)."""
        self.ensure_one()
        self._check_may_ask()
        name = f"{self.name}.xlsx"
        if self.state == "draft":
            asker = self._as_asker()
            return (name, asker._made()) if asker._size() <= AT_ONCE else None
        if self.state == "done" and self.expires_at > fields.Datetime.now():
            stored = self.sudo().with_context(bin_size=False).content
            return (name, base64.b64decode(stored)) if stored else None
        return None

    # In the background

    @api.model
    def _cron_make(self):
        """Every sheet that waits, each by itself; what failed before comes after the others."""
        progress = self.env["ir.cron"]
        waiting = self.search([("state", "=", "waiting")], order="attempts, id")
        progress._commit_progress(remaining=len(waiting))
        for sheet in waiting:
            sheet._try()
            if not progress._commit_progress(1):
                return

    def _try(self):
        """Make it, or say why not. What kills the server does so three times at the most."""
        if self.attempts >= TRIES:
            self._fail(self.env._("It could not be made. Ask for fewer people or days."))
            return
        self.attempts += 1
        self.env["ir.cron"]._commit_progress()  # so that it is known even if this is the end
        asker = self._as_asker()
        try:
            asker._check_may_ask()
            self._deliver(asker, asker._made())
        except UserError as error:
            self.env.cr.rollback()
            self._fail(str(error))

    def _deliver(self, asker, content):
        """Keep it for a while, and say so to who asked."""
        self.content = base64.b64encode(content)
        self._close()
        self.user_id._bus_send(
            "hr_face_attendance/sheet", {"id": self.id, "name": asker.name, "url": self._url()}
        )

    def _close(self):
        self.write({"state": "done", "expires_at": fields.Datetime.now() + KEPT})

    def _fail(self, message):
        self.write({"state": "failed", "message": message})
        _logger.info("Sheet %s was not made: %s", self.id, message)
        self.user_id._bus_send(
            "simple_notification",
            {"type": "warning", "title": self.name, "message": message},
        )

    def _as_asker(self):
        """With the rights, company, language and zone of who asked."""
        self.ensure_one()
        sheet = self.sudo()
        user = sheet.user_id
        return self.with_user(user).with_context(
            lang=sheet.lang or user.lang,
            tz=user.tz or sheet.company_id.partner_id.tz,
            allowed_company_ids=sheet.company_id.ids,
        )

    @api.autovacuum
    def _gc_sheets(self):
        """Files whose time is up, and what nobody asked to be made."""
        now = fields.Datetime.now()
        old = ["|", ("expires_at", "<", now), ("create_date", "<", now - timedelta(days=7))]
        self.sudo().search(old).unlink()
