from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, sql

from ..rules import link

DAYS_PARAMETER = "hr_face_attendance.link_days"


class HrFaceLink(models.Model):
    """A link to somebody's own page, for people without an Odoo account.

    The hash of its secret lives in a column that the ORM does not know, so that no domain,
    export or traversal reads it; the secret itself exists only in the link that was given out.
    """

    _name = "hr.face.link"
    _description = "Link to One's Own Page"
    _order = "create_date desc, id desc"
    _rec_name = "employee_id"

    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    create_uid = fields.Many2one("res.users", string="Made By", readonly=True)
    create_date = fields.Datetime(string="Made", readonly=True)
    expires_at = fields.Datetime(string="Valid Until", required=True, readonly=True)
    revoked_at = fields.Datetime(string="Revoked", readonly=True)
    last_used_at = fields.Datetime(string="Last Used", readonly=True)
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
    )

    def init(self):
        super().init()
        if not sql.column_exists(self.env.cr, self._table, "secret_hash"):
            self.env.cr.execute("ALTER TABLE hr_face_link ADD COLUMN secret_hash varchar")
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS hr_face_link_secret_hash_unique"
            " ON hr_face_link (secret_hash)"
        )

    @api.depends("expires_at", "revoked_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for one in self:
            over = "expired" if one.expires_at <= now else "valid"
            one.state = "revoked" if one.revoked_at else over

    @api.model
    def _make(self, employee):
        """A new link for this person in place of earlier ones: (record, its secret).

        Who may: the officers of this person; it is noted on the person who made it.
        """
        self.check_access("create")
        employee.check_access("read")
        if not employee.active:
            raise UserError(self.env._("%s does not work here any more.", employee.name))
        self._of(employee)._revoke()
        days = self.env["ir.config_parameter"].sudo().get_param(DAYS_PARAMETER, link.VALID_DAYS)
        made = self.create(
            {
                "employee_id": employee.id,
                "company_id": employee.company_id.id,
                "expires_at": link.expires_at(fields.Datetime.now(), days),
            }
        )
        secret = link.new_secret()
        made.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE hr_face_link SET secret_hash = %s WHERE id = %s",
                link.digest(secret),
                made.id,
            )
        )
        employee._face_note(self.env._("A link to their own page was made."))
        return made, secret

    @api.model
    def _of(self, employees):
        return self.sudo().search(
            [("employee_id", "in", employees.ids), ("revoked_at", "=", False)]
        )

    @api.model
    def _by_digest(self, digest):
        """The link with this hash if it works now, as superuser; else none."""
        self.env.cr.execute(
            "SELECT id FROM hr_face_link WHERE secret_hash = %s AND revoked_at IS NULL"
            " AND expires_at > now() AT TIME ZONE 'UTC'",
            [digest],
        )
        found = self.env.cr.fetchone()
        one = self.sudo().browse(found and found[0])
        same = one.employee_id.active and one.employee_id.company_id == one.company_id
        return one if same else one.browse()

    @api.model
    def _open(self, secret):
        """The link that was opened, noted as used; none if it is not or no longer one."""
        if not link.is_secret(secret):
            return self.browse()
        one = self._by_digest(link.digest(secret))
        if one:
            one.last_used_at = fields.Datetime.now()
        return one

    def action_revoke(self):
        self.check_access("create")
        self._revoke()

    def _revoke(self):
        """From the next page on, it is not valid any more, in browsers that opened it as well."""
        self.sudo().filtered(lambda one: not one.revoked_at).revoked_at = fields.Datetime.now()

    def write(self, vals):
        if not self.env.su:
            raise AccessError(self.env._("A link is not edited; make a new one."))
        return super().write(vals)

    @api.autovacuum
    def _gc(self):
        """What expired half a year ago is of no interest to anybody."""
        long_ago = fields.Datetime.subtract(fields.Datetime.now(), months=6)
        self.sudo().search([("expires_at", "<", long_ago)]).unlink()
