from odoo import api, fields, models
from odoo.exceptions import UserError


class HrFaceGatePolicy(models.Model):
    """What a company or one of its sites says of all its gates."""

    _name = "hr.face.gate.policy"
    _description = "Settings of All Gates"
    _inherit = ["hr.face.gate.settings"]
    _order = "company_id, work_location_id, id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        help="The company to whose gates these settings apply.",
    )
    work_location_id = fields.Many2one(
        "hr.work.location",
        string="Site",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="Empty: these settings are the company's, and apply at every site that does not say"
        " otherwise.",
    )
    gate_count = fields.Integer(string="Gates", compute="_compute_gate_count")

    _one_per_site = models.UniqueIndex(
        "(company_id, COALESCE(work_location_id, 0))",
        "These settings exist already for this company or site.",
    )

    @api.depends("company_id", "work_location_id")
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = policy.work_location_id.name or policy.company_id.name

    def _compute_gate_count(self):
        Gate = self.env["hr.face.gate"]
        groups = Gate._read_group(
            [("company_id", "in", self.company_id.ids)],
            ["company_id", "work_location_id"],
            ["__count"],
        )
        counts = {(company.id, site.id): count for company, site, count in groups}
        for policy in self:
            company, site = policy.company_id.id, policy.work_location_id.id
            policy.gate_count = sum(
                count
                for (its_company, its_site), count in counts.items()
                if its_company == company and site in (False, its_site)
            )

    def write(self, vals):
        if {"company_id", "work_location_id"} & set(vals):
            raise UserError(self.env._("Make new settings for another company or site."))
        result = super().write(vals)
        self._spread(self.company_id)
        return result

    @api.model_create_multi
    def create(self, vals_list):
        policies = super().create(vals_list)
        self._spread(policies.company_id)
        return policies

    def unlink(self):
        companies = self.company_id
        result = super().unlink()
        self._spread(companies)
        return result

    def _levels_above(self, policies):
        """The company stands above a site, and nobody above the company."""
        above = super()._levels_above(policies) if self.work_location_id else []
        return [level for level in above if level.source == "company"]

    @api.model
    def action_open_company(self):
        """The settings of the present company, made at the first look by who may change them."""
        company = self.env.company
        policy = self.search(
            [("company_id", "=", company.id), ("work_location_id", "=", False)], limit=1
        )
        if not policy:
            policy = self.create({"company_id": company.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settings of All Gates"),
            "res_model": self._name,
            "res_id": policy.id,
            "views": [(False, "form")],
        }

    def action_open_gates(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "hr_face_attendance.action_face_gate"
        )
        domain = [("company_id", "=", self.company_id.id)]
        if self.work_location_id:
            domain.append(("work_location_id", "=", self.work_location_id.id))
        return action | {"domain": domain, "context": {}}
