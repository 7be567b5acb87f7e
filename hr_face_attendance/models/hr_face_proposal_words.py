import pytz
from odoo import api, models
from odoo.fields import Datetime
from odoo.tools import format_date, format_time

from ..rules import proposal as asking


class HrFaceProposal(models.Model):
    """Proposals in words, in the reader's language and the person's own zone."""

    _inherit = "hr.face.proposal"

    @api.depends("kind", "earliest", "latest", "hours", "employee_id")
    @api.depends_context("lang")
    def _compute_question(self):
        for proposal in self:
            came, left = proposal._at(proposal.earliest), proposal._at(proposal.latest)
            proposal.question = {
                asking.MISSING_OUT: lambda at=came: self.env._(
                    "Came at %s. When did they leave?", at
                ),
                asking.MISSING_IN: lambda at=left: self.env._(
                    "Left at %s. When did they come?", at
                ),
                asking.INSIDE: lambda at=came: self.env._(
                    "Seen at %s, within a record that a person decided. Which is right?", at
                ),
                asking.LOCKED: lambda at=came: self.env._(
                    "Seen at %s, on a day that payroll has closed.", at
                ),
            }[proposal.kind]()

    @api.depends("evidence")
    @api.depends_context("lang")
    def _compute_evidence_text(self):
        for proposal in self:
            said = [
                proposal._evidence_line(code, params) for code, params in proposal.evidence or []
            ]
            proposal.evidence_text = "\n".join(said) or self.env._("Nothing else is known.")

    def _evidence_line(self, code, params):
        at = {
            name: self._at(Datetime.to_datetime(params[name].replace("T", " ")))
            for name in ("at", "start", "end")
            if params.get(name)
        }
        if code == asking.SEEN:
            return self._seen_line(at["at"], params)
        if code == asking.USUAL:
            return self.env._(
                "Usually at %(at)s (last %(days)s days)", at=at["at"], days=params["days"]
            )
        if params.get("label"):
            return self.env._("Shift %(label)s, %(start)s to %(end)s", label=params["label"], **at)
        return self.env._("Working schedule: %(start)s to %(end)s", **at)

    def _seen_line(self, at, params):
        gate = params["gate"] or self.env._("a gate")
        if params["outcome"] == "no_clearance":
            return self.env._("Refused at %(gate)s, %(at)s", gate=gate, at=at)
        words = {
            "in": lambda: self.env._("Seen at %(gate)s (entrance), %(at)s", gate=gate, at=at),
            "out": lambda: self.env._("Seen at %(gate)s (exit), %(at)s", gate=gate, at=at),
            "auto": lambda: self.env._("Seen at %(gate)s, %(at)s", gate=gate, at=at),
        }
        return words[params["direction"]]()

    def _at(self, moment):
        """A moment in the person's zone; with the date if it is another day's."""
        if not moment:
            return ""
        zone = pytz.timezone(self.sudo().employee_id._get_tz())
        local = pytz.utc.localize(moment).astimezone(zone)
        clock = format_time(self.env, local.time(), time_format="HH:mm")
        if local.date() == self.date:
            return clock
        return f"{format_date(self.env, local.date())} {clock}"
