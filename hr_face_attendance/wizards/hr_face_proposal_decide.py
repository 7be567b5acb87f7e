from odoo import api, fields, models


class HrFaceProposalDecide(models.TransientModel):
    """A person's answer to a proposal: the right time, or why there is nothing to do."""

    _name = "hr.face.proposal.decide"
    _description = "Decide About a Proposal"

    proposal_id = fields.Many2one("hr.face.proposal", required=True, ondelete="cascade")
    decision = fields.Selection(
        [("confirm", "Confirm"), ("dismiss", "Dismiss")], required=True, default="confirm"
    )
    kind = fields.Selection(related="proposal_id.kind")
    question = fields.Char(related="proposal_id.question")
    evidence_text = fields.Text(related="proposal_id.evidence_text")
    earliest = fields.Datetime(related="proposal_id.earliest")
    latest = fields.Datetime(related="proposal_id.latest")
    hours = fields.Float(related="proposal_id.hours")
    moment = fields.Datetime(string="Time", compute="_compute_moment", store=True, readonly=False)
    reason = fields.Char()

    @api.depends("proposal_id")
    def _compute_moment(self):
        for wizard in self:
            wizard.moment = wizard.proposal_id.suggested

    def action_confirm(self):
        self.ensure_one()
        self.proposal_id._confirm(self.moment)
        return {"type": "ir.actions.act_window_close"}

    def action_dismiss(self):
        self.ensure_one()
        self.proposal_id._dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}
