from odoo import models


class HrFaceEvent(models.Model):
    """Where notifications come from: events, as soon as attendance is derived."""

    _inherit = "hr.face.event"

    def _derive_or_defer(self, device, spans, backlog):
        super()._derive_or_defer(device, spans, backlog)
        self.env["hr.face.notice"].sudo()._tell_events(self)

    def _derive_recorded(self):
        super()._derive_recorded()
        punches = self.filtered(lambda event: not event.corrects_uuid and not event.made_by_id)
        self.env["hr.face.notice"].sudo()._tell_events(punches)
