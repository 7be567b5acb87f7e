from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..rules import enrolment, vault

PHOTOS = ("photos", "import")
"""Sources of sessions whose pictures are not a camera's."""


class HrFaceCapture(models.Model):
    """A face of an enrolment that has not been decided yet: its template and its picture.

    Sealed as one content: the vector's bytes, then the JPEG. It lives only until the
    enrolment is done, cancelled or expired.
    """

    _name = "hr.face.capture"
    _description = "Face Capture"
    _inherit = ["hr.face.sealed"]
    _order = "enrolment_id, id"
    _rec_name = "uuid"

    enrolment_id = fields.Many2one(
        "hr.face.enrolment", required=True, readonly=True, index=True, ondelete="cascade"
    )
    model = fields.Char(string="Face Model", required=True, readonly=True)
    dimension = fields.Integer(required=True, readonly=True, aggregator=None)
    quality = fields.Float(readonly=True, digits=(4, 3), aggregator="avg")
    face_px = fields.Integer(string="Face Height", readonly=True, aggregator="avg")
    pose = fields.Selection(enrolment.POSES, required=True, readonly=True)
    source = fields.Selection([("photo", "Photo"), ("camera", "Camera")], readonly=True)
    captured_at = fields.Datetime(string="Captured", readonly=True)
    device_id = fields.Many2one(
        "hr.face.device", string="Captured By", readonly=True, index="btree_not_null"
    )

    def write(self, vals):
        raise AccessError(self.env._("A capture is not edited."))

    def _owner(self):
        return vault.owner(
            self.company_id.id, self.employee_id.id, f"capture {self.model}", self.uuid
        )

    @api.model
    def _take(self, session, items, device):
        """Keep what a device sent (wire_enrolment.Template) for an open enrolment."""
        return self._take_each([(session, item) for item in items], device)

    @api.model
    def _take_each(self, pairs, device):
        """As `_take`, of (session, item) of several people."""
        if not pairs:
            return self.browse()
        people = self.env["hr.employee"].union(*(session.employee_id for session, _item in pairs))
        consents = self.env["hr.face.consent"]._active_of(people.sudo())
        values = [
            {
                "uuid": item.uuid,
                "employee_id": session.employee_id.id,
                "company_id": session.company_id.id,
                "consent_id": consents[session.employee_id.id].id,
                "enrolment_id": session.id,
                "model": item.model,
                "dimension": len(item.vector) // 4,
                "quality": item.quality,
                "face_px": item.face_px,
                "pose": item.pose or enrolment.FRONTAL,
                "source": "photo" if session.source in PHOTOS else "camera",
                "captured_at": fields.Datetime.to_string(item.captured_at),
                "device_id": device.id,
            }
            for session, item in pairs
        ]
        return self._seal_all(values, [item.vector + item.crop for _session, item in pairs])

    def _parts(self):
        """{id: (vector bytes, JPEG bytes)}; see `_opened`."""
        opened = self._opened()
        sizes = {one.id: 4 * one.dimension for one in self}
        return {one: (raw[: sizes[one]], raw[sizes[one] :]) for one, raw in opened.items()}

    def _show(self):
        """The JPEG, for whoever reviews; who looked is noted."""
        self.ensure_one()
        self.check_access("read")
        purpose = self.env._("Review of an enrolment")
        self.env["hr.face.access.log"]._note(self.employee_id, "image", purpose)
        return self.sudo()._parts()[self.id][1]

    def _as_rules(self):
        return [enrolment.Capture(one.uuid, one.pose, one.quality) for one in self]
