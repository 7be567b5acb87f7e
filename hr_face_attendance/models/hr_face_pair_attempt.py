from datetime import timedelta

from odoo import api, fields, models

from ..rules.errors import RateLimited
from ..rules.pairing import ATTEMPT_WINDOW, ATTEMPTS


class HrFacePairAttempt(models.TransientModel):
    """Tries to redeem a pairing code, per address (as auth.totp.rate.limit.log)."""

    _name = "hr.face.pair.attempt"
    _description = "Pairing Attempt"
    _transient_max_hours = ATTEMPT_WINDOW / timedelta(hours=1)
    _transient_max_count = 0  # whatever the server's settings say: a try must count for the window

    ip = fields.Char(required=True, readonly=True)

    _ip_create_date_idx = models.Index("(ip, create_date)")

    @api.model
    def _check(self, ip):
        """Count a try. Raises RateLimited after too many."""
        since = fields.Datetime.now() - ATTEMPT_WINDOW
        tries = self.search(
            [("ip", "=", ip), ("create_date", ">=", since)], order="create_date, id"
        )
        if len(tries) >= ATTEMPTS:
            wait = tries[-ATTEMPTS].create_date - since
            raise RateLimited(
                "Too many pairing codes were tried from here; wait a quarter of an hour.",
                retry_after_s=max(1, int(wait.total_seconds()) + 1),
            )
        self.create({"ip": ip})
