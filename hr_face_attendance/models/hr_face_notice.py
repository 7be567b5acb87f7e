import logging
from datetime import datetime, time

import pytz
from odoo import api, fields, models
from odoo.tools import format_time
from psycopg2 import OperationalError

from ..rules import notice
from .hr_face_event_reason import moment_text

_logger = logging.getLogger(__name__)

OPERATOR = "hr_face_attendance.group_face_operator"
OFFICER = "hr_face_attendance.group_face_officer"
EVERYONES = "hr_attendance.group_hr_attendance_user"
ALARMS = {
    "no_candidate": notice.STRANGER,
    "no_clearance": notice.REFUSED,
    "presentation_attack": notice.ATTACK,
}
SLOT_MIN = 15
"""A stranger who stays, or many of them, are told of once in these minutes per gate."""


class HrFaceNotice(models.AbstractModel):
    """Who is told what: on Odoo's bus at once, on their phones in the background.

    Nothing here may undo or delay what it tells of.
    """

    _name = "hr.face.notice"
    _description = "Notifications"

    @api.model
    def _tell_events(self, events):
        """Tell of events just kept and derived, as far as they are news."""
        now = fields.Datetime.now()
        news = events.filtered(
            lambda event: notice.is_fresh(event.captured_at, now) and not event.time_review
        )
        if not news:
            return
        try:
            with self.env.cr.savepoint():
                for event in news:
                    self._tell_event(event)
        except OperationalError:
            raise  # two at once: Odoo repeats the request, events and all
        except Exception:
            # Whatever is wrong with telling, the event is a fact and must be kept: a device
            # would deliver it again and again, and none after it.
            _logger.exception("Events were kept, but nobody could be told of them.")

    def _tell_event(self, event):
        params = {"at": moment_text(event.captured_at), "gate": event.gate_id.name or ""}
        if event.outcome in ALARMS:
            self._tell_alarm(event, ALARMS[event.outcome], params)
        elif event.state == "derived" and event.direction:
            params["direction"] = event.direction
            self._tell(event.employee_id, notice.CHECKED, f"{notice.CHECKED}:{event.uuid}", params)

    def _tell_alarm(self, event, kind, params):
        at = event.captured_at
        slot = at.replace(minute=at.minute - at.minute % SLOT_MIN, second=0, microsecond=0)
        domain = [
            ("gate_id", "=", event.gate_id.id),
            ("outcome", "=", event.outcome),
            ("employee_id", "=", event.employee_id.id),
            ("captured_at", ">=", slot),
            ("captured_at", "<=", event.captured_at),
            ("id", "<", event.id),
        ]
        if event.search_count(domain, limit=1):
            return
        if event.employee_id:
            params["name"] = event.employee_id.name
        key = f"{kind}:{event.uuid}"
        self._tell_managers(event.company_id, kind, key, params, about=event.employee_id)
        if kind == notice.ATTACK and event.gate_id:
            event.gate_id._face_task(*self._words(kind, params))

    # To whom

    @api.model
    def _tell(self, employees, kind, key, params):
        """Tell these people: on their phones, and in Odoo if they are there."""
        wanting = self.env["hr.face.push"]._queue(employees.sudo(), kind, key, params)
        self._ring(wanting.user_id, kind, params)

    @api.model
    def _tell_managers(self, company, kind, key, params, about=None):
        """Tell those who may see it: who is responsible for `about`, or runs the gates."""
        users = self._managers(company, kind, about)
        people = users.with_context(active_test=True).employee_ids.filtered(
            lambda one: one.company_id == company
        )
        wanting = self.env["hr.face.push"]._queue(people.sudo(), kind, key, params)
        # without an employee record there is nothing chosen: they are told
        self._ring(users.filtered(lambda user: user.employee_ids <= wanting), kind, params)

    @api.model
    def _managers(self, company, kind, about=None):
        group = OPERATOR if kind == notice.OFFLINE else OFFICER
        users = self.env.ref(group).sudo().all_user_ids
        if about:
            manager = about.sudo().attendance_manager_id
            users = users.filtered(lambda user: user == manager or user.has_group(EVERYONES))
        return users.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        )

    def _ring(self, users, kind, params):
        """A message in Odoo's corner, in each one's language."""
        for user in users:
            told = self.with_context(lang=user.lang, tz=user.tz)
            title, message = told._words(kind, params)
            urgent = kind in (notice.ATTACK, notice.OFFLINE)
            user._bus_send(
                "simple_notification",
                {"title": title, "message": message, "type": "warning" if urgent else "info"},
            )

    # In words

    @api.model
    def _words(self, kind, params):
        """(title, body) in the language and zone of the context."""
        gate, at = params.get("gate") or "", self._clock(params.get("at"))
        name = params.get("name") or self.env._("Somebody")
        where = f"{gate}, {at}" if gate else at
        if kind == notice.CHECKED:
            came = params["direction"] == "in"
            title = (
                self.env._("Checked in at %s", at) if came else self.env._("Checked out at %s", at)
            )
            return title, gate
        words = {
            notice.FORGOTTEN: lambda: (
                self.env._("Check-out missing"),
                self.env._("You came on %s and nobody saw you leave. When was it?", params["date"]),
            ),
            notice.STRANGER: lambda: (self.env._("A stranger at a gate"), where),
            notice.REFUSED: lambda: (self.env._("%s was refused", name), where),
            notice.ATTACK: lambda: (self.env._("A photo or mask was held up to a gate"), where),
            notice.OFFLINE: lambda: (
                self.env._("%s is offline", gate),
                self.env._("No contact since %s.", at),
            ),
            notice.LATE: lambda: (
                self.env._("%s late today", params["count"]),
                ", ".join(params["names"])
                + ("…" if params["count"] > len(params["names"]) else ""),
            ),
        }
        return words[kind]()

    def _clock(self, text):
        if not text:
            return ""
        moment = datetime.fromisoformat(text)
        return format_time(
            self.env, moment, tz=self.env.context.get("tz") or "UTC", time_format="HH:mm"
        )

    # By the clock

    @api.model
    def _cron_watch(self):
        """Gates that fell silent or are back; the morning's late arrivals."""
        self.env["hr.face.gate"].sudo().search([("device_ids", "!=", False)])._tell_offline()
        for company in self.env["res.company"]._face_all_in_use().sudo():
            self._tell_late(company)
            self.env["ir.cron"]._commit_progress(1)

    def _tell_late(self, company):
        zone = pytz.timezone(company.resource_calendar_id.tz or "UTC")
        local = datetime.now(zone)
        today = local.date()
        hour = int(company.face_late_digest_h)
        due = time(min(hour, 23), min(int(company.face_late_digest_h % 1 * 60), 59))
        if company.face_late_told_on == today or local.time() < due:
            return
        company.face_late_told_on = today
        late = (
            self.env["hr.face.day"]
            .sudo()
            .search(
                [("company_id", "=", company.id), ("date", "=", today), ("late_min", ">", 0)],
                order="late_min desc",
            )
        )
        for user in self._managers(company, notice.LATE) if late else ():
            mine = late
            if not user.has_group(EVERYONES):
                mine = late.filtered(lambda day: day.employee_id.attendance_manager_id == user)  # noqa: B023 - used at once
            if mine:
                self._tell_digest(company, user, today, mine)

    def _tell_digest(self, company, user, today, days):
        names = [f"{day.employee_id.name} ({day.late_min} min)" for day in days[:3]]
        params = {"count": len(days), "names": names}
        employee = user.employee_ids.filtered(lambda one: one.company_id == company)[:1]
        key = f"{notice.LATE}:{user.id}:{today}"
        wanting = self.env["hr.face.push"]._queue(employee.sudo(), notice.LATE, key, params)
        if wanting or not employee:
            self._ring(user, notice.LATE, params)
