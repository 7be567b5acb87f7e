from odoo import fields, models


class HrFaceGate(models.Model):
    _inherit = "hr.face.gate"

    session_ids = fields.Many2many(
        "calendar.event",
        "hr_face_session_gate",
        "hr_face_gate_id",
        "calendar_event_id",
        string="Sessions",
        copy=False,
        help="Meetings at which only who was seen here counts as present.",
    )
