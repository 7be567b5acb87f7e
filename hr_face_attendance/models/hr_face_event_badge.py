import hashlib
import hmac

from odoo import models


class HrFaceDevice(models.Model):
    """Which badges a bridge may know: those of the enrolled, as marks, where a gate asks for them."""

    _inherit = "hr.face.device"

    def _takes_badges(self):
        return any(gate.badge != "off" for gate in self.sudo().gate_ids)

    def _badge_marks(self, employees):
        """{employee: mark}: HMAC-SHA256 of the badge number under the device's chain, hex.

        A bridge knows by it a badge that it is shown; it gets no numbers. The marks travel in
        the sealed gallery only: badge numbers are short enough to be tried out.
        """
        if not self._takes_badges():
            return {}
        return {
            employee: badge_mark(self.chain, employee.barcode)
            for employee in employees
            if employee.barcode
        }


class HrFaceEvent(models.Model):
    """An ambiguous face whose badge was shown right after needs nobody to look at it."""

    _inherit = "hr.face.event"

    def _settle_ambiguous(self):
        """Whichever of the two arrived first, and whichever these new events are."""
        self.env.cr.execute(
            """
            UPDATE hr_face_event a SET state = 'none' FROM hr_face_event b
             WHERE a.outcome = 'ambiguous' AND a.state = 'review' AND a.time_review IS NULL
               AND b.device_id = a.device_id AND b.company_id = a.company_id
               AND b.captured_at = a.captured_at
               AND b.outcome IN ('identified', 'no_clearance')
               AND b.evidence ->> 'resolves' = a.uuid
               AND (a.id = ANY(%(new)s) OR b.id = ANY(%(new)s))
            """,
            {"new": self.ids},
        )
        self.invalidate_model(["state"])


def badge_mark(chain, number):
    return hmac.new(chain.encode(), number.encode(), hashlib.sha256).hexdigest()
