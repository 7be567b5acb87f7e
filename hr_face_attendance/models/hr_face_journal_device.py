from odoo import api, models

from ..rules import audit

SHOWN = 5
MOMENTS = (
    *("paired_at", "token_expires_at", "code_expires_at", "revoked_at"),
    *("last_heartbeat_at", "delivered_through"),
)


class HrFaceJournal(models.AbstractModel):
    """One device: its gates, its health, and whether what it told is all there and unchanged."""

    _inherit = "hr.face.journal"

    @api.model
    @api.readonly
    def device(self, device_id):
        """Everything on the device's page."""
        gone = self.env._("This device is gone, or is none of yours.")
        device = self._one_of("hr.face.device", device_id, gone)
        return {
            **device._cockpit_row(),
            **{name: self._text(device[name]) for name in MOMENTS},
            "active": device.active,
            "state": device.state,
            "platform": device.platform or False,
            "other_model": self._other_model(device),
            "room": device.outbox_room,
            "room_state": device.outbox_state or False,
            "may_enrol": device.may_enrol,
            "is_service": bool(device.service_url),
            "sites": device.work_location_ids.mapped("name"),
            "gates": [gate._cockpit_row() for gate in device.gate_ids],
            "parked_events": self._parked(device),
            "audit": self._audited(device),
            "sheets": self._sheets_of(device),
            "erasures": self._erasures_of(device),
            "may_configure": device.has_access("write"),
            "may_verify": bool(device.paired_at) and self._may_verify(),
            "reads_events": self.env["hr.face.event"].has_access("read"),
        }

    def _may_verify(self):
        roles = ("group_face_manager", "group_face_auditor")
        return any(self.env.user.has_group(f"hr_face_attendance.{role}") for role in roles)

    def _other_model(self, device):
        """The company's face model, if the device works with another one."""
        wanted = device.company_id.sudo().face_model
        return bool(device.model) and device.model != wanted and wanted

    def _parked(self, device):
        found = self.env["hr.face.parked"].search([("device_id", "=", device.id)], limit=SHOWN)
        return [
            {
                "id": one.id,
                "at": self._text(one.captured_at),
                "gate": one.gate_name,
                "why": one.explanation,
            }
            for one in found
        ]

    def _audited(self, device):
        """What the last audit of its hash chains found."""
        faults = self.env["hr.face.audit"].search(
            [("device_id", "=", device.id), ("gone_at", "=", False), ("kind", "!=", audit.PARKED)],
            limit=SHOWN,
        )
        return {
            "at": self._text(device.audited_at),
            "count": device.fault_count,
            "faults": [
                {"id": one.id, "numbers": one.numbers, "what": one.explanation} for one in faults
            ],
        }

    def _sheets_of(self, device):
        """The newest commissioning sheet of each gate that this device examined."""
        sheets = self.env["hr.face.commissioning"].search([("device_id", "=", device.id)], limit=50)
        return [self._sheet_row(some[:1]) for some in sheets.grouped("gate_id").values()]

    def _erasures_of(self, device):
        """Numbers for everybody who sees the device; whom they were about for who may know."""
        erasures = self.env["hr.face.erasure"]
        told = {
            "waiting": device.erasures_waiting,
            "overdue": device.erasures_overdue,
            "since": self._text(device.erasure_waiting_since),
            "reads": erasures.has_access("read"),
            "done": [],
        }
        if told["reads"]:
            done = erasures.search(
                [("device_id", "=", device.id), ("acknowledged_at", "!=", False)],
                order="acknowledged_at DESC, id DESC",
                limit=SHOWN,
            )
            reasons = dict(erasures._fields["reason"]._description_selection(self.env))
            told["done"] = [
                {
                    "id": one.id,
                    "name": one.sudo().employee_id.name or False,
                    "reason": reasons[one.reason],
                    "templates": one.template_count,
                    "at": self._text(one.acknowledged_at),
                }
                for one in done
            ]
        return told


class HrFaceDevice(models.Model):
    _inherit = "hr.face.device"

    def action_open_page(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.device",
            "name": self.name,
            "params": {"device_id": self.id},
        }
