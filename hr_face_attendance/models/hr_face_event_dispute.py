from datetime import UTC, datetime

from markupsafe import Markup
from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..rules import correction, punch
from .hr_face_event_record import Fact

MAX_NOTE = 500


class HrFaceEvent(models.Model):
    """A person's word about one of their own events, said on their own page."""

    _inherit = "hr.face.event"

    def _dispute(self, note, how):
        """What they say was wrong counts no more, and HR is asked to look at it.

        An event that does not count anyway (refused, for review) only becomes HR's task. Who
        it is who speaks, the caller has established.

        Args:
            note: what they say about it, plain text.
            how: "portal" or "link", by which way they came to their page.
        """
        self.ensure_one()
        event, note = self.sudo(), (note or "").strip()
        if len(note) > MAX_NOTE:
            raise UserError(self.env._("Please say it in %s characters.", MAX_NOTE))
        if event.reason_code == punch.VOIDED:
            return
        counts = event.outcome == "identified" and not event.time_review
        if counts:
            evidence = {"how": how} | ({"note": note} if note else {})
            now = datetime.now(UTC)
            wrong = Fact(
                "correction",
                event.employee_id,
                now,
                corrects=event,
                correction=correction.VOID,
                evidence=evidence,
            )
            self._record([wrong])
        event._ask_about_dispute(note, counts)

    def _ask_about_dispute(self, note, counts):
        """One task per event, so that a second one does not hide the first."""
        employee = self.employee_id
        at = format_datetime(
            self.env, self.captured_at, tz=employee._get_tz(), dt_format="d MMM, HH:mm"
        )
        where = self.gate_id.name or dict(
            self._fields["source"]._description_selection(self.env)
        ).get(self.source)
        said = (
            self.env._("The event counts no more; open it to restore it.")
            if counts
            else self.env._("The event did not count.")
        )
        self.env["hr.face.task"]._ask(
            employee,
            employee,
            self.env._("Says it was wrong: %(time)s, %(gate)s", time=at, gate=where),
            Markup("<p>%s</p><p>%s</p><p>%s</p>")
            % (
                self.env._("%s says on their own page that this was wrong.", employee.name),
                said,
                f"“{note}”" if note else "",
            ),
        )
