from odoo import api, fields, models

from .fields import BigInteger


class HrFaceDeviceBoot(models.Model):
    """Where the monotonic clock of one boot of a device stands in the server's time.

    Every heartbeat tells both, so an event of that boot is dated by it, whatever the wall
    clock said and whenever it arrives: also one made before the device first reached Odoo.
    """

    _name = "hr.face.device.boot"
    _description = "Boot of a Device"
    _log_access = False
    _order = "measured_at desc, id desc"
    _rec_name = "boot_id"

    device_id = fields.Many2one(
        "hr.face.device", required=True, readonly=True, index=True, ondelete="cascade"
    )
    boot_id = fields.Char(string="Boot", required=True, readonly=True)
    started_ms = BigInteger(
        readonly=True,
        required=True,
        aggregator=None,
        help="Server time, in milliseconds since 1970, at zero of the monotonic clock.",
    )
    measured_at = fields.Datetime(readonly=True, required=True)

    _boot_unique = models.UniqueIndex("(device_id, boot_id)")

    @api.model
    def _measured(self, device, boot_id, monotonic_ms, now):
        """A heartbeat of this boot arrived `now` (aware UTC), when its clock showed so much."""
        self.env.cr.execute(
            """
            INSERT INTO hr_face_device_boot (device_id, boot_id, started_ms, measured_at)
                 VALUES (%s, %s, %s, %s)
            ON CONFLICT (device_id, boot_id) DO UPDATE
                    SET started_ms = EXCLUDED.started_ms, measured_at = EXCLUDED.measured_at
            """,
            [
                device.id,
                boot_id,
                round(now.timestamp() * 1000) - monotonic_ms,
                now.replace(tzinfo=None, microsecond=0),
            ],
        )
        self.invalidate_model()

    @api.model
    def _started(self, device, boot_ids):
        """{boot: server time in ms at zero of its monotonic clock}, of those that are known."""
        if not boot_ids:
            return {}
        self.env.cr.execute(
            "SELECT boot_id, started_ms FROM hr_face_device_boot"
            " WHERE device_id = %s AND boot_id = ANY(%s)",
            [device.id, list(boot_ids)],
        )
        return dict(self.env.cr.fetchall())
