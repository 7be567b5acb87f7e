from datetime import timedelta

from odoo import api, fields, models

from ..rules.errors import RateLimited
from ..rules.throttle import LIMITS


class HrFaceThrottle(models.TransientModel):
    """What somebody did that may be done only so often; counted for all workers together."""

    _name = "hr.face.throttle"
    _description = "Throttle"
    _transient_max_hours = max(limit.window for limit in LIMITS.values()) / timedelta(hours=1)
    _transient_max_count = 0  # whatever the server's settings say: it must count for the window

    kind = fields.Char(required=True, readonly=True)
    who = fields.Char(required=True, readonly=True)

    _recent_idx = models.Index("(kind, who, create_date)")

    @api.model
    def _count(self, kind, who):
        """Count one more, which stays counted whatever becomes of the request.

        Args:
            kind: one of rules.throttle.LIMITS.
            who: an address, or a person's number.

        Raises:
            RateLimited: it is too many; this one is not counted.
        """
        limit = LIMITS[kind]
        since = fields.Datetime.now() - limit.window
        with self.env.registry.cursor() as cr:
            counted = self.with_env(self.env(cr=cr)).sudo()
            domain = [("kind", "=", kind), ("who", "=", who), ("create_date", ">=", since)]
            if counted.search_count(domain) >= limit.most:
                raise RateLimited("Too often.", retry_after_s=int(limit.window.total_seconds()))
            counted.create({"kind": kind, "who": who})
