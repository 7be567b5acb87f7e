from odoo import api, fields, models
from odoo.exceptions import UserError


class HrFaceConsent(models.Model):
    """What a person agreed to, in the words they read. No template without it.

    A consent is never edited: it is given, and it may be withdrawn.
    """

    _name = "hr.face.consent"
    _description = "Face Recognition Consent"
    _order = "given_at desc, id desc"
    _rec_name = "employee_id"

    employee_id = fields.Many2one(
        "hr.employee", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        required=True,
        index=True,
    )
    state = fields.Selection(
        [("given", "Given"), ("withdrawn", "Withdrawn")],
        default="given",
        required=True,
        readonly=True,
    )
    method = fields.Selection(
        [
            ("paper", "Signed on paper"),
            ("screen", "On this screen"),
            ("portal", "On the employee's own page"),
        ],
        required=True,
        default="paper",
    )
    lang = fields.Selection(
        lambda self: self.env["res.lang"].get_installed(),
        string="Language",
        required=True,
        default=lambda self: self.env.lang or "en_US",
    )
    text = fields.Text(string="Text Agreed To", readonly=True, required=True)
    text_version = fields.Integer(readonly=True)
    given_at = fields.Datetime(string="Given", readonly=True, required=True)
    given_by_id = fields.Many2one("res.users", string="Recorded By", readonly=True, required=True)
    withdrawn_at = fields.Datetime(string="Withdrawn", readonly=True)
    withdrawn_by_id = fields.Many2one("res.users", string="Withdrawal Recorded By", readonly=True)

    erasure_ids = fields.One2many("hr.face.erasure", "consent_id", string="Erasures")
    erasure_text = fields.Char(string="On the Devices", compute="_compute_erasure_text")

    _one_active = models.UniqueIndex(
        "(employee_id, company_id) WHERE state = 'given'",
        "This person has already given their consent.",
    )

    @api.depends("employee_id")
    def _compute_company_id(self):
        for consent in self:
            consent.company_id = consent.employee_id.company_id

    @api.depends("erasure_ids.state")
    def _compute_erasure_text(self):
        for consent in self:
            consent.erasure_text = consent.sudo().erasure_ids._summary()

    @api.model_create_multi
    def create(self, vals_list):
        """Record consents. Text, version, time and author are taken here, never from the caller."""
        employees = self.env["hr.employee"].browse(vals["employee_id"] for vals in vals_list)
        now = fields.Datetime.now()
        snapshots = []
        for vals, employee in zip(vals_list, employees, strict=True):
            lang = vals.get("lang") or self.env.lang or "en_US"
            company = employee.company_id.sudo().with_context(lang=lang)
            snapshots.append(
                {
                    "employee_id": employee.id,
                    "method": vals.get("method", "paper"),
                    "lang": lang,
                    "text": company.face_consent_text,
                    "text_version": company.face_consent_version,
                    "given_at": now,
                    "given_by_id": self.env.uid,
                }
            )
        consents = super().create(snapshots)
        consents.employee_id._face_note(self.env._("Consent to face recognition recorded."))
        return consents

    def write(self, vals):
        raise UserError(self.env._("A consent is not edited. It can only be withdrawn."))

    def action_withdraw(self):
        """Withdraw, erase the templates and tell the gates, all in this transaction."""
        self.check_access("create")
        active = self.filtered(lambda consent: consent.state == "given")
        if not active:
            return
        for consent in active:
            self.env["hr.face.template"].sudo()._of(consent.employee_id)._erase("withdrawn")
        super(HrFaceConsent, active.sudo()).write(
            {
                "state": "withdrawn",
                "withdrawn_at": fields.Datetime.now(),
                "withdrawn_by_id": self.env.uid,
            }
        )
        self.env["hr.face.gallery.change"]._bump(active.employee_id)
        active.employee_id._face_note(
            self.env._("Consent to face recognition withdrawn; templates erased.")
        )

    @api.model
    def _active_of(self, employees):
        """The consents in force, in each employee's present company, by employee id."""
        domain = [("employee_id", "in", employees.ids), ("state", "=", "given")]
        consents = self.sudo().search(domain)
        return {
            consent.employee_id.id: consent
            for consent in consents
            if consent.company_id == consent.employee_id.company_id
        }
