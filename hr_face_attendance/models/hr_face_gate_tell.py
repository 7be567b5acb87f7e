from odoo import fields, models

from ..rules import notice
from .hr_face_event_reason import moment_text


class HrFaceGate(models.Model):
    """A gate that fell silent is told once, and becomes somebody's task until it is back."""

    _name = "hr.face.gate"
    _inherit = ["hr.face.gate", "mail.activity.mixin"]

    offline_told = fields.Boolean(readonly=True, copy=False)

    def _tell_offline(self):
        for gate in self:
            silent = gate.health == "offline" and gate.last_heartbeat_at
            if silent and not gate.offline_told:
                gate._tell_silent()
            elif gate.offline_told and gate.health in ("online", "late"):
                gate.offline_told = False
                gate.activity_unlink(["hr_face_attendance.activity_gate"])

    def _tell_silent(self):
        self.offline_told = True
        params = {"gate": self.name, "at": moment_text(self.last_heartbeat_at)}
        key = f"{notice.OFFLINE}:{self.id}:{params['at']}"
        notices = self.env["hr.face.notice"].with_context(tz=self.tz)
        notices._tell_managers(self.company_id, notice.OFFLINE, key, params)
        self._face_task(*notices._words(notice.OFFLINE, params))

    def _face_task(self, summary, note):
        """An activity on this gate for an administrator of its company; one of a kind at a time."""
        gate = self.sudo()
        open_ones = gate.activity_ids.filtered(lambda one: one.summary == summary)
        administrators = self.env.ref("hr_face_attendance.group_face_manager").sudo().all_user_ids
        users = administrators.filtered(
            lambda user: user.active and gate.company_id in user.company_ids
        )
        if users and not open_ones:
            gate.activity_schedule(
                "hr_face_attendance.activity_gate",
                summary=summary,
                note=note,
                user_id=users.sorted("id")[-1].id,
            )
