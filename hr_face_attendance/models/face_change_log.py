from odoo import models


class HrFaceLogged(models.AbstractModel):
    """A record whose tracked changes stand in the one log as well as in its own history."""

    _name = "hr.face.logged"
    _description = "Logged Configuration"
    _inherit = ["mail.thread"]

    def _message_track(self, fields_iter, initial_values_dict):
        tracking = super()._message_track(fields_iter, initial_values_dict)
        for record in self:
            names, _ids = tracking.get(record.id, ((), None))
            if names:
                before = initial_values_dict[record.id]
                self.env["hr.face.change"]._note(
                    record, {name: (before[name], record[name]) for name in sorted(names)}
                )
        return tracking
