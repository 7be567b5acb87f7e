from odoo import api, fields, models
from odoo.exceptions import AccessError

from .hr_face_gate import _midnight

ASKED_ON_BUS = "hr_face_cockpit"
EVENTS_ON_BUS = "hr_face_cockpit/events"
GATES_ON_BUS = "hr_face_cockpit/gates"
SHOWN = 40
ALERTS = ("no_candidate", "no_clearance", "presentation_attack", "ambiguous")
"""Strangers and refusals: somebody stood there and was not let through."""
ROLES = ("group_face_operator", "group_face_auditor")


class HrFaceCockpit(models.AbstractModel):
    """What the live page shows, each part by the rights of whoever looks.

    Odoo's bus only says which events are new; the page reads them here, so that nobody hears
    of people they may not see, and whatever a cut connection missed is read again with the rest.
    """

    _name = "hr.face.cockpit"
    _description = "Live Cockpit"

    @api.model
    @api.readonly
    def paint(self):
        """Everything, for the first paint and after the connection was cut."""
        return self.news([]) | {"events": self._newest(), "curve": self._curve(usual=True)}

    @api.model
    @api.readonly
    def news(self, event_ids):
        """These events, and all that may have changed with them."""
        self._check_role()
        wanted = [one for one in event_ids[:SHOWN] if type(one) is int]
        return {
            "now": fields.Datetime.to_string(fields.Datetime.now()),
            "company": self.env.company.name,
            "multi_company": len(self.env.companies) > 1,
            "reads_events": self._reads_events(),
            "events": self._rows([("id", "in", wanted)], len(wanted)) if wanted else [],
            "today": self._today(),
            "inside": self._inside(),
            "curve": self._curve(usual=False),
            "gates": self._gates(),
        }

    @api.model
    @api.readonly
    def gates(self):
        """Gates alone, as after a heartbeat."""
        self._check_role()
        return {"gates": self._gates()}

    def _check_role(self):
        if not self._may_look(self.env.user):
            raise AccessError(self.env._("The cockpit is for gate operators, officers, auditors."))

    @api.model
    def _may_look(self, user):
        return any(user.has_group(f"hr_face_attendance.{role}") for role in ROLES)

    def _reads_events(self):
        return self.env["hr.face.event"].has_access("read")

    def _in_companies(self):
        return [("company_id", "in", self.env.companies.ids)]

    # Events

    def _newest(self):
        """The newest of all, and the newest strangers and refusals even if they are older."""
        if not self._reads_events():
            return []
        rows = self._rows(self._in_companies(), SHOWN)
        known = {row["id"] for row in rows}
        alerts = self._rows([*self._in_companies(), *self._alerts_today()], SHOWN)
        return rows + [row for row in alerts if row["id"] not in known]

    def _rows(self, domain, limit):
        if not self._reads_events():
            return []
        events = self.env["hr.face.event"].search([*domain, *self._in_companies()], limit=limit)
        seen = events.sudo()  # who may read an event may read the names that it speaks of
        seen.fetch(["employee_id", "gate_id", "outcome", "captured_at", "direction", "state"])
        return [event._cockpit_row() for event in seen]

    def _alerts_today(self):
        return [("outcome", "in", ALERTS), ("captured_at", ">=", _midnight(self._tz()))]

    def _today(self):
        """{outcome: number} of today."""
        if not self._reads_events():
            return {}
        domain = [*self._in_companies(), ("captured_at", ">=", _midnight(self._tz()))]
        return dict(self.env["hr.face.event"]._read_group(domain, ["outcome"], ["__count"]))

    def _tz(self):
        return self.env.user.tz or self.env.company.partner_id.tz or "UTC"

    # Gates

    def _gates(self):
        gates = self.env["hr.face.gate"].search(self._in_companies())
        gates.device_ids.fetch(["name", "state", "last_heartbeat_at", "outbox_pending"])
        return [gate._cockpit_row() for gate in gates]


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        """Whoever may look at the cockpit hears of the companies they may work in."""
        if ASKED_ON_BUS in channels:
            channels = [one for one in channels if one != ASKED_ON_BUS]
            user = self.env.user
            if self.env["hr.face.cockpit"]._may_look(user):
                channels += [(company, ASKED_ON_BUS) for company in user.company_ids]
        return super()._build_bus_channel_list(channels)
