from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.tools import format_datetime

from ..rules.wire_enrolment import MAX_ERASURES

REASONS = [
    ("withdrawn", "Consent withdrawn"),
    ("outdated", "Agreed to a text that is too old"),
    ("departed", "Left the company"),
    ("moved", "Moved to another company"),
    ("deleted", "Employee deleted"),
    ("replaced", "Enrolled again"),
    ("by_hand", "Erased by an administrator"),
]


class HrFaceErasure(models.Model):
    """Templates of one person that one device must forget, and when it said that it has.

    The ledger of erasures is here and nowhere else: what a device has not acknowledged is
    listed with each gallery answer (wire/gallery_page.v1) until it does, so neither restarts
    nor lost answers matter. Which templates it was about is forgotten with the
    acknowledgement; how many they were stays.
    """

    _name = "hr.face.erasure"
    _description = "Erasure on a Device"
    _order = "requested_at desc, id desc"
    _rec_name = "employee_id"
    _log_access = False

    uuid = fields.Char(required=True, readonly=True, default=lambda self: str(uuid4()))
    employee_id = fields.Many2one("hr.employee", readonly=True, index=True, ondelete="set null")
    consent_id = fields.Many2one(
        "hr.face.consent", readonly=True, index="btree_not_null", ondelete="set null"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    device_id = fields.Many2one(
        "hr.face.device", readonly=True, index="btree_not_null", ondelete="set null"
    )
    device_name = fields.Char(string="Device Name", readonly=True)
    reason = fields.Selection(REASONS, required=True, readonly=True)
    template_count = fields.Integer(string="Templates", readonly=True)
    templates = fields.Json(string="Template UUIDs", readonly=True, groups=fields.NO_ACCESS)
    requested_at = fields.Datetime(
        string="Requested", required=True, readonly=True, default=lambda _: fields.Datetime.now()
    )
    acknowledged_at = fields.Datetime(string="Acknowledged", readonly=True)
    state = fields.Selection(
        [
            ("acknowledged", "Erased"),
            ("waiting", "Waiting"),
            ("cannot", "Cannot acknowledge: key revoked"),
        ],
        compute="_compute_state",
    )
    is_overdue = fields.Boolean(string="Overdue", compute="_compute_state")

    _uuid_unique = models.UniqueIndex("(uuid)")
    _pending_idx = models.Index("(device_id) WHERE acknowledged_at IS NULL")

    @api.depends("acknowledged_at", "device_id.state", "device_id.active")
    def _compute_state(self):
        now = fields.Datetime.now()
        for erasure in self:
            device = erasure.device_id.sudo()
            if erasure.acknowledged_at:
                erasure.state = "acknowledged"
            elif not device.active or device.state == "revoked":
                erasure.state = "cannot"
            else:
                erasure.state = "waiting"
            patience = timedelta(hours=erasure.company_id.sudo().face_erasure_hours)
            erasure.is_overdue = (
                erasure.state == "waiting" and now - erasure.requested_at >= patience
            )

    @api.model
    def _request(self, templates, reason):
        """These templates are about to be erased: every device that may hold them must, too.

        A device that was never paired holds nothing; one that was revoked before a template
        existed never got it.
        """
        devices = (
            self.env["hr.face.device"]
            .sudo()
            .with_context(active_test=False)
            .search([("company_id", "in", templates.company_id.ids), ("chain", "!=", False)])
        )
        rows = []
        for (employee, consent), group in templates.grouped(
            lambda template: (template.employee_id, template.consent_id)
        ).items():
            since = min(group.mapped("enrolled_at"), default=False)
            rows += [
                {
                    "employee_id": employee.id,
                    "consent_id": consent.id,
                    "company_id": device.company_id.id,
                    "device_id": device.id,
                    "device_name": device.name,
                    "reason": reason,
                    "template_count": len(group),
                    "templates": group.mapped("uuid"),
                }
                for device in devices
                if device.company_id in group.company_id and device._may_hold_since(since)
            ]
        return self.sudo().create(rows)

    @api.model
    def _wire_of(self, device):
        """What this device has not acknowledged yet, oldest first, as in wire/gallery_page.v1."""
        domain = [("device_id", "=", device.id), ("acknowledged_at", "=", False)]
        pending = self.sudo().search(domain, order="id", limit=MAX_ERASURES)
        return [{"uuid": one.uuid, "templates": one.templates or []} for one in pending]

    @api.model
    def _acknowledge(self, device, uuids):
        """A device says that it holds them no more. Returns wire/erasures_result.v1's results."""
        known = (
            self.sudo()
            .search([("device_id", "=", device.id), ("uuid", "in", uuids)])
            .grouped("uuid")
        )
        results = []
        for uuid in uuids:
            erasure = known.get(uuid)
            if erasure is None:
                results.append({"uuid": uuid, "status": "rejected", "reason": "unknown_erasure"})
                continue
            done = bool(erasure.acknowledged_at)
            if not done:
                erasure.write({"acknowledged_at": fields.Datetime.now(), "templates": False})
            results.append(
                {"uuid": uuid, "status": "duplicate" if done else "accepted", "reason": None}
            )
        return results

    def _summary(self):
        """Where these erasures stand, in a sentence; False if there are none."""
        if not self:
            return False
        by_device = self.grouped(lambda erasure: erasure.device_id.id or erasure.device_name)
        open_ones = self.filtered(lambda erasure: not erasure.acknowledged_at)
        waiting = {one.device_id.id or one.device_name for one in open_ones}
        parts = [
            self.env._(
                "Erased on %(done)s of %(all)s devices.",
                done=len(by_device) - len(waiting),
                all=len(by_device),
            )
        ]
        for device in sorted(waiting, key=str):
            oldest = min(by_device[device] & open_ones, key=lambda one: one.requested_at)
            about = {
                "device": oldest.device_name,
                "since": format_datetime(self.env, oldest.requested_at, dt_format="short"),
            }
            if oldest.state == "cannot":
                text = self.env._("%(device)s cannot acknowledge: its key was revoked.", **about)
            else:
                text = self.env._("Waiting for %(device)s since %(since)s.", **about)
            parts.append(text)
        return " ".join(parts)
