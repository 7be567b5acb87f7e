from odoo import fields, models

from .hr_face_gate import _midnight


class HrFaceGate(models.Model):
    """What was seen at a gate, as far as the viewer may read it.

    Three fields with a method each: lists show today and the last event, which an index answers;
    only the form counts everything.
    """

    _inherit = "hr.face.gate"

    last_event_at = fields.Datetime(
        string="Last Event",
        compute="_compute_last_event_at",
        help="When somebody was last seen here.",
    )
    event_count = fields.Integer(compute="_compute_event_count")
    event_today_count = fields.Integer(string="Today", compute="_compute_event_today_count")

    def _compute_last_event_at(self):
        Event = self._readable_events()
        for gate in self:
            # one by one: the newest of a gate is the first in its index, the newest of each of
            # several gates takes reading all that they ever saw
            domain = [("gate_id", "=", gate._origin.id)]
            last = Event is not None and Event.search_fetch(domain, ["captured_at"], limit=1)
            gate.last_event_at = last and last.captured_at

    def _compute_event_count(self):
        counts = self._counts([("gate_id", "in", self.ids)])
        for gate in self:
            gate.event_count = counts.get(gate._origin.id, 0)

    def _compute_event_today_count(self):
        counts = {}
        for tz, gates in self.grouped("tz").items():
            domain = [("gate_id", "in", gates.ids), ("captured_at", ">=", _midnight(tz))]
            counts |= self._counts(domain)
        for gate in self:
            gate.event_today_count = counts.get(gate._origin.id, 0)

    def _counts(self, domain):
        Event = self._readable_events()
        if Event is None:
            return {}
        groups = Event._read_group(domain, ["gate_id"], ["__count"])
        return {gate.id: count for gate, count in groups}

    def _readable_events(self):
        Event = self.env["hr.face.event"]
        return Event if Event.has_access("read") else None
