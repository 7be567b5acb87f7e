import hashlib
from datetime import UTC, datetime

from odoo import api, fields, models

from ..rules import wire_heartbeat
from ..rules.canonical import canonical
from .hr_face_gate import HEARTBEAT_S

MAX_INT4 = 2**31 - 1
GATE_FACTS = (
    *("name", "company_id", "work_location_id", "direction", "recording", "lang", "tz", "kiosk"),
)


class HrFaceDevice(models.Model):
    """What a paired device asks for, beyond events, gallery and enrolments."""

    _inherit = "hr.face.device"

    def _api_pair(self, token):
        """wire/pair_result.v1"""
        return {
            "token": token,
            "token_expires_at": utc_text(self.token_expires_at),
            "chain": self.chain,
            "device": {"id": self.id, "name": self.name},
            "company": self.company_id.name,
            "database": self._database(),
            "gates": [{"id": gate.id, "name": gate.name} for gate in self.gate_ids],
        }

    def _api_config(self):
        """wire/config.v1; the ETag covers everything but itself and the time."""
        content = self._config_content()
        return {
            "etag": self._etag(content),
            "server_time": utc_text(datetime.now(UTC)),
            **content,
        }

    def _config_content(self):
        return {
            "database": self._database(),
            "device": {"id": self.id, "name": self.name},
            "model": self._face_model(),
            "heartbeat_s": HEARTBEAT_S,
            "gates": [gate._wire() for gate in self.gate_ids.sorted("id")],
        }

    @api.model
    def _etag(self, content):
        return hashlib.sha256(canonical(content)).hexdigest()[:16]

    def _api_heartbeat(self, heartbeat):
        """Keep the device's health; answer wire/heartbeat_result.v1."""
        beat, now = wire_heartbeat.parse_heartbeat(heartbeat), datetime.now(UTC)
        device = self.sudo().with_context(tracking_disable=True)
        device._keep_health(beat)
        self.env["hr.face.device.boot"].sudo()._measured(
            device, beat.boot_id, beat.monotonic_ms, now
        )
        return {
            "server_time": utc_text(now),
            "retry_parked": device._take_retry(),
            "rotate": device._rotation_due(),
            "config_changed": beat.config_etag != self._etag(self._config_content()),
            "gallery_changed": self.env["hr.face.gallery.change"]
            .sudo()
            ._has_news(self.sudo(), beat.gallery_cursor),
        }

    def _keep_health(self, beat):
        self.write(
            {
                "last_heartbeat_at": fields.Datetime.now(),
                "clock_offset_ms": int4(beat.clock_offset_ms),
                "clock_uncertainty_ms": int4(beat.clock_uncertainty_ms),
                "bridge_version": beat.bridge_version,
                "model": beat.model,
                "delivered_through": naive(beat.delivered_through),
                "gallery_cursor": beat.gallery_cursor,
            }
        )
        self._keep_outbox(beat)
        reported = {gate.id: gate for gate in beat.gates}
        for gate in self.gate_ids.filtered(lambda gate: gate.id in reported):
            health = reported[gate.id]
            gate.write(
                {
                    "camera": health.camera,
                    "camera_fps": health.fps,
                    "last_frame_at": naive(health.last_frame_at),
                }
            )
            gate._keep_outputs(health)

    def _set_catching_up(self, is_so):
        """Whether this device has events left; when it has none, what waited is derived."""
        device = self.sudo().with_context(tracking_disable=True)
        if device.catching_up != is_so:
            device.catching_up = is_so
            if not is_so:
                self.env["hr.face.backlog"]._wake()

    def _gates(self):
        """The gates it serves, with just what an event needs of them and of the device.

        Read as superuser: whoever holds the device's token may know these.
        """
        self.sudo().fetch(["company_id", "catching_up"])
        return (
            self.env["hr.face.gate"]
            .sudo()
            .search_fetch([("device_ids", "in", self.ids)], GATE_FACTS)
        )

    def _database(self):
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _face_model(self):
        return self.sudo().company_id.face_model


def utc_text(moment):
    """RFC 3339 with milliseconds and Z, from Odoo's naive UTC."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def naive(moment):
    """Odoo's naive UTC to the millisecond, or False."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else False


def int4(value):
    return max(-MAX_INT4, min(MAX_INT4, value or 0))
