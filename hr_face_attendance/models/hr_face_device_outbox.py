from odoo import fields, models

from .fields import BigInteger
from .hr_face_device_api import int4


class HrFaceDevice(models.Model):
    """What a device still holds: how much room it has, and what was rejected."""

    _inherit = "hr.face.device"

    outbox_room = fields.Integer(
        string="Room for Events", readonly=True, copy=False, help="So many more can be kept."
    )
    outbox_state = fields.Selection(
        [("ok", "Enough room"), ("low", "Filling up"), ("full", "Full")],
        string="Storage",
        readonly=True,
        copy=False,
        help="Full: nobody is let in or noted at its gates, because nothing could be promised.",
    )
    head_chain = fields.Char(readonly=True, copy=False)
    head_seq = BigInteger(
        string="Last Event Made",
        readonly=True,
        copy=False,
    )
    parked_ids = fields.One2many(
        "hr.face.parked", "device_id", string="Rejected Events", copy=False, readonly=True
    )
    retry_asked = fields.Boolean(readonly=True, copy=False)

    def action_retry_parked(self):
        """Have the device deliver its rejected events again, with its next heartbeat."""
        self.check_access("write")
        self.sudo().retry_asked = True
        return self._at_next_contact()

    def _at_next_contact(self):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._("The device will be told with its next contact."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _keep_outbox(self, beat):
        """What a heartbeat tells of the outbox; who follows the device hears of trouble."""
        outbox, before = beat.outbox, self.outbox_state
        self.write(
            {
                "outbox_pending": int4(outbox.pending),
                "outbox_parked": int4(outbox.parked),
                "outbox_room": int4(outbox.room),
                "outbox_state": outbox.room_state,
                "head_chain": outbox.chain,
                "head_seq": outbox.seq or 0,
            }
        )
        if outbox.parked_events is not None:
            self.env["hr.face.parked"]._keep(self, outbox.parked_events)
        if outbox.room_state in {"low", "full"} and before != outbox.room_state:
            self._tell_room(outbox)

    def _tell_room(self, outbox):
        body = (
            self.env._(
                "The storage of this device is full: nobody is noted or let in at its gates"
                " until it reaches Odoo again or its disk is freed."
            )
            if outbox.room_state == "full"
            else self.env._(
                "The storage of this device is filling up: it can keep %s more events.", outbox.room
            )
        )
        self.message_post(body=body, subtype_xmlid="mail.mt_comment")

    def _take_retry(self):
        """Whether the device is to deliver rejected events again; said once."""
        asked = self.retry_asked
        if asked:
            self.with_context(tracking_disable=True).retry_asked = False
        return asked
