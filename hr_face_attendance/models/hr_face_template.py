import struct

from odoo import fields, models
from odoo.exceptions import AccessError

from ..rules import vault

NORM_TOLERANCE = 1e-3


class HrFaceTemplate(models.Model):
    """One enrolled reference of a person. This record describes it; the vector is sealed."""

    _name = "hr.face.template"
    _description = "Face Template"
    _inherit = ["hr.face.sealed"]
    _order = "employee_id, enrolled_at desc, id desc"
    _rec_name = "uuid"

    model = fields.Char(string="Face Model", required=True, readonly=True)
    dimension = fields.Integer(readonly=True, aggregator=None)
    quality = fields.Float(readonly=True, digits=(4, 3), aggregator="avg")
    face_px = fields.Integer(string="Face Height", readonly=True, aggregator="avg")
    source = fields.Selection([("photo", "Photo"), ("camera", "Camera")], readonly=True)
    captured_at = fields.Datetime(string="Captured", readonly=True)
    enrolled_at = fields.Datetime(string="Enrolled", readonly=True)
    device_id = fields.Many2one(
        "hr.face.device", string="Enrolled By", readonly=True, index="btree_not_null"
    )

    def write(self, vals):
        raise AccessError(self.env._("A template is not edited. Enrol the person again."))

    def unlink(self):
        """Erasing is for everyone who may; the gates forget too."""
        employees = self.employee_id
        result = self._erase("by_hand")
        self.env["hr.face.gallery.change"].sudo()._bump(employees)
        return result

    def _erase(self, reason):
        """Erase here and ask it of the devices (see hr.face.erasure for the reasons).

        The tombstones in the gallery are left to the caller.
        """
        self.check_access("unlink")
        self.env["hr.face.erasure"]._request(self, reason)
        employees = self.employee_id
        result = super().unlink()
        self.env["hr.face.look.alike"]._forget_unenrolled(employees)
        return result

    def _owner(self):
        return vault.owner(self.company_id.id, self.employee_id.id, self.model, self.uuid)

    def _vectors(self):
        """The vectors in the clear, bytes by template id; see `_opened`."""
        return self._opened()


def vector_fault(vector):
    """Why these float32 bytes are no template, or None: finite and of length one."""
    values = struct.unpack(f"<{len(vector) // 4}f", vector)
    norm = sum(value * value for value in values) ** 0.5
    if not abs(norm - 1) <= NORM_TOLERANCE:  # false for NaN and infinity too
        return "The vector is not finite and L2-normalised."
    return None
