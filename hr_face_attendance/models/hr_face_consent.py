from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..rules import retention


class HrFaceConsent(models.Model):
    """What a person agreed to, in the words they read. No template without it.

    A consent is never edited: it is given, and it is withdrawn or comes to its end.
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
        [("given", "Given"), ("withdrawn", "Withdrawn"), ("ended", "Ended")],
        default="given",
        required=True,
        readonly=True,
    )
    method = fields.Selection(
        [
            ("paper", "Signed on paper"),
            ("screen", "On this screen"),
            ("portal", "On the employee's own page"),
            ("link", "By a link, on their own phone"),
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
    is_earlier = fields.Boolean(
        string="Earlier Text",
        compute="_compute_is_earlier",
        search="_search_is_earlier",
        help="The text has been changed since.",
    )
    withdrawn_at = fields.Datetime(string="Ended On", readonly=True)
    withdrawn_by_id = fields.Many2one("res.users", string="End Recorded By", readonly=True)
    end_reason = fields.Selection(
        [
            ("withdrawn", "Withdrawn by the person"),
            ("renewed", "Agreed to a newer text"),
            ("outdated", "Text too old"),
            ("departed", "Left the company"),
            ("moved", "Moved to another company"),
        ],
        string="Why It Ended",
        readonly=True,
    )
    archived_at = fields.Datetime(readonly=True, help="Since when the employee is archived.")

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

    @api.depends("text_version", "company_id.face_consent_version")
    def _compute_is_earlier(self):
        for consent in self:
            consent.is_earlier = consent.text_version < consent.company_id.face_consent_version

    @api.model
    def _search_is_earlier(self, operator, value):
        if operator != "in":
            return NotImplemented
        earlier = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("text_version", "<", company.face_consent_version)
            for company in self.env["res.company"].sudo().search([])
        )
        return earlier if True in value else ~earlier

    @api.depends("erasure_ids.state")
    def _compute_erasure_text(self):
        for consent in self:
            consent.erasure_text = consent.sudo().erasure_ids._summary()

    @api.model_create_multi
    def create(self, vals_list):
        """Record consents. Text, version, time and author are taken here, never from the caller.

        Whoever agreed to an earlier text and agrees to the present one stays enrolled: the
        templates rest on the new consent, and the old one has ended.
        """
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
                    "text": company._face_consent_words(),
                    "text_version": company.face_consent_version,
                    "given_at": now,
                    "given_by_id": self.env.uid,
                }
            )
        earlier = self._earlier(employees)
        earlier._mark_ended("renewed")
        earlier.flush_recordset(["state"])  # before the next one: a person has one in force
        consents = super().create(snapshots)
        for model in self.env["hr.face.sealed"]._sealed_models():
            model._of(earlier.employee_id)._rest_on(consents)
        consents.employee_id._face_note(self.env._("Consent to face recognition recorded."))
        return consents

    @api.model
    def _earlier(self, employees):
        """Their consents in force, if the text has changed since."""
        return self.sudo().search(
            [
                ("employee_id", "in", employees.ids),
                ("state", "=", "given"),
                ("is_earlier", "=", True),
            ]
        )

    def write(self, vals):
        raise UserError(self.env._("A consent is not edited. It can only be withdrawn."))

    def action_withdraw(self):
        """Withdraw, erase the templates and tell the gates, all in this transaction."""
        self.check_access("create")
        active = self.filtered(lambda consent: consent.state == "given")
        active._end("withdrawn", self.env._("Consent to face recognition withdrawn"))
        return True

    def _end(self, reason, said):
        """End these consents, erase what rests on them and tell the gates, in this transaction."""
        if not self:
            return
        for model in self.env["hr.face.sealed"]._sealed_models():
            model.search([("consent_id", "in", self.ids)])._erase(reason)
        self.env["hr.face.import.photo"].sudo()._forget(self.sudo().employee_id)
        self.env["hr.face.roll.call.face"].sudo()._forget(self.sudo().employee_id)
        self._mark_ended(reason)
        self.env["hr.face.gallery.change"].sudo()._bump(self.sudo().employee_id)
        self.sudo().employee_id._face_note(self.env._("%(why)s; face templates erased.", why=said))

    def _mark_ended(self, reason):
        """The only writes there are; see `write`."""
        super(HrFaceConsent, self.sudo()).write(
            {
                "state": "withdrawn" if reason == "withdrawn" else "ended",
                "end_reason": reason,
                "withdrawn_at": fields.Datetime.now(),
                "withdrawn_by_id": self.env.uid,
            }
        )

    def _note_archived(self, moment):
        """Employees were archived at this moment, or (False) are back."""
        super(HrFaceConsent, self.sudo()).write({"archived_at": moment})

    @api.model
    def _active_of(self, employees):
        """The consents in force, in each employee's present company, by employee id."""
        domain = [("employee_id", "in", employees.ids), ("state", "=", "given")]
        consents = self.sudo().search(domain)
        return {
            consent.employee_id.id: consent
            for consent in consents
            if consent.company_id == consent.employee_id.company_id and consent._still_counts()
        }

    def _still_counts(self):
        """Whether the text that was agreed to is recent enough (see res.company)."""
        return retention.agreement_counts(
            self.text_version,
            self.company_id.face_consent_oldest,
            self.company_id.face_consent_deadline or None,
            fields.Date.context_today(self),
        )
