from datetime import datetime

import pytz
from odoo import api, models
from odoo.tools import format_time

from ..rules import clock, correction, punch


class HrFaceEvent(models.Model):
    """Reasons in words: codes and moments come from the rules, language and zone from here."""

    _inherit = "hr.face.event"

    @api.depends("reason_code", "reason_params", "time_review", "outcome", "redacted_at")
    @api.depends_context("lang")
    def _compute_reason(self):
        for event in self:
            event.reason = event._reason_text()

    def _reason_text(self):
        self.ensure_one()
        text = self._unredacted_text()
        return self.env._("Redacted. %s", text or "") if self.redacted_at else text

    def _unredacted_text(self):
        if self.time_review:
            return self._review_text()
        if self.reason_code:
            return self._punch_text()
        return self._outcome_text()

    def _review_text(self):
        words = {
            clock.RECORDING_NOT_ALLOWED: self.env._(
                "For review: the time comes from a recording, and this gate is not marked as one"
            ),
            clock.CLOCK_IN_FUTURE: self.env._("For review: captured in the future"),
            clock.CLOCK_BEFORE_PAIRING: self.env._(
                "For review: captured before the device was paired"
            ),
            clock.CLOCK_OFFSET: self.env._("For review: the device's clock is off"),
            clock.CLOCK_UNVERIFIED: self.env._(
                "For review: the device had not compared its clock since it was switched on"
            ),
            clock.CLOCK_UNCERTAIN: self.env._(
                "For review: the device compared its clock too long ago"
            ),
        }
        return words[self.time_review]

    def _outcome_text(self):
        words = {
            "identified": False,
            "no_face": self.env._("No face was found"),
            "multiple_faces": self.env._("Several faces at once"),
            "low_quality": self.env._("The picture was not good enough"),
            "presentation_attack": self.env._("Taken for a picture or a mask"),
            "no_candidate": self.env._("Nobody enrolled"),
            "ambiguous": self.env._("Too close to a second person"),
            "refractory": self.env._("Seen just before"),
            "no_clearance": self.env._("May not pass here now"),
            "correction": self._correction_text(),
        }
        return words[self.outcome]

    def _correction_text(self):
        words = {
            correction.VOID: self.env._("Says of an event that it was wrong"),
            correction.RESTORE: self.env._("Says of an event that it holds after all"),
            correction.DIRECTION: self.env._("Says of an event that it was the other direction"),
        }
        return words.get(self.correction)

    def _punch_text(self):
        params = dict(self.reason_params or {})
        label = params.pop("label", None)
        text = self._sentence({name: self._local(text) for name, text in params.items()})
        return f"{text} ({label})" if label else text

    def _sentence(self, at):
        clocks = {name: self._clock(moment) for name, moment in at.items()}
        if self.reason_code == punch.IN_SHIFT and at["start"].date() != at["end"].date():
            return self.env._("IN: start of night shift %s", clocks["start"])
        sentences = {
            punch.IN_SHIFT: lambda: self.env._("IN: your shift starts at %s", clocks["start"]),
            punch.IN_LATE: lambda: self.env._("IN: your shift started at %s", clocks["start"]),
            punch.IN_BACK: lambda: self.env._("IN: back from a break"),
            punch.IN_UNSCHEDULED: lambda: self.env._("IN: outside your schedule"),
            punch.OUT_SHIFT_END: lambda: self.env._("OUT: your shift ends at %s", clocks["end"]),
            punch.OUT_BREAK: lambda: self.env._("OUT: break"),
            punch.OUT_DURING: lambda: self.env._("OUT: leaving during your shift"),
            punch.OUT_UNSCHEDULED: lambda: self.env._("OUT: outside your schedule"),
            punch.REFRACTORY: lambda: self.env._("Already counted at %s", clocks["before"]),
            punch.ALREADY_IN: lambda: self.env._("Already in since %s", clocks["since"]),
            punch.INSIDE_FIXED: lambda: self.env._("Ignored: within a record kept by HR"),
            punch.NO_CHECK_IN: lambda: self.env._("For review: leaving without a check-in"),
            punch.REMOVED: lambda: self.env._("Ignored: the attendance was removed by HR"),
            punch.LOCKED: lambda: self.env._("For HR: payroll is closed for this day"),
            punch.VOIDED: lambda: self.env._("Ignored: somebody said that this was wrong"),
        }
        return sentences[self.reason_code]()

    def _local(self, text):
        moment = pytz.utc.localize(_parse(text))
        event = self.sudo()
        zone = event.gate_id.tz or event.employee_id.tz or event.company_id.partner_id.tz or "UTC"
        return moment.astimezone(pytz.timezone(zone))

    def _clock(self, moment):
        return format_time(self.env, moment.time(), time_format="HH:mm")


def moment_text(moment):
    """How the rules' moments are kept in reason_params."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def _parse(text):
    return datetime.fromisoformat(text)
