from collections import defaultdict
from datetime import datetime

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..rules import traffic
from ..rules.local import zone_of
from .hr_face_gate import _midnight

RECENT = 12
OF_THE_PLACE = ("direction", "who_passes", "tz", "lang")
"""What a gate says itself; everything else may be inherited."""
OF_THE_VOTE = ("vote_k", "vote_n", "vote_within_s")
ONLY_WITH = {"voice_language": "voice", "voice_greeting": "voice", "kiosk_delay_s": "kiosk"}
"""Settings that mean something only where another one is there."""


class HrFaceJournal(models.AbstractModel):
    """One gate: who passes, at which hours, and how what serves it is.

    An operator sees the gate and nobody who passes; people, and the numbers that are made of
    them, come by the record rules of events.
    """

    _inherit = "hr.face.journal"

    @api.model
    @api.readonly
    def gate(self, gate_id):
        """Everything on the gate's page; "today" is the gate's own."""
        gone = self.env._("This gate is gone, or is none of yours.")
        gate = self._one_of("hr.face.gate", gate_id, gone)
        view = {
            **gate._cockpit_row(),
            "active": gate.active,
            "recording": gate.recording,
            "direction": gate.direction,
            "kiosk": gate.kiosk or False,
            "since": self._text(_midnight(gate.tz)),
            "settings": self._setting_rows(gate),
            "commissioning": self._sheet_row(gate.commissioning_ids[:1]),
            "may_configure": gate.has_access("write"),
            "may_identify": self.env.user.has_group("hr_face_attendance.group_face_operator"),
            "reads_events": self.env["hr.face.event"].has_access("read"),
        }
        return view | self._passed(gate) if view["reads_events"] else view

    def _one_of(self, model, number, gone):
        """The record of this number, also an archived one, in the companies that are open."""
        found = self.env[model].with_context(active_test=False)
        found = found.search(
            [("id", "=", int(number or 0)), ("company_id", "in", self.env.companies.ids)]
        )
        if not found:
            raise UserError(gone)
        return found

    # Who passed

    def _passed(self, gate):
        """Today's encounters by outcome, their hours beside the usual ones, and the newest."""
        Event = self.env["hr.face.event"].with_context(tz=gate.tz)
        here = [("gate_id", "=", gate.id), ("outcome", "!=", "correction")]
        since = _midnight(gate.tz)
        today = Event._read_group([*here, ("captured_at", ">=", since)], ["outcome"], ["__count"])
        seen = Event.search(here, limit=RECENT).sudo()
        seen.fetch(["employee_id", "gate_id", "outcome", "captured_at", "direction", "state"])
        return {
            "today": dict(today),
            "hours": self._hours(Event, gate, since),
            "recent": [event._cockpit_row() for event in seen],
        }

    def _hours(self, Event, gate, since):
        """Identified people by hour: today, usually, and when the gate is busiest."""
        passages = [
            ("gate_id", "=", gate.id),
            ("outcome", "=", "identified"),
            ("captured_at", ">=", since - traffic.BACK),
        ]
        days = defaultdict(dict)
        for hour, count in Event._read_group(passages, ["captured_at:hour"], ["__count"]):
            days[hour.date()][hour.hour] = count
        now = datetime.now(zone_of(gate.tz))
        today = now.date()
        return {
            "now": now.hour,
            "today": traffic.of_day(days[today]),
            "usual": traffic.usual(days, today),
            "busiest": [
                {"hour": hour, "count": count} for hour, count in traffic.busiest(days, today)
            ],
        }

    # What holds there

    def _setting_rows(self, gate):
        """[{name, label, value, level, source}]: what holds, and which level says so."""
        place = [self._setting_row(gate, name, {"level": "here"}) for name in OF_THE_PLACE]
        sources = gate.setting_sources
        names = [name for name in sources if name not in ONLY_WITH or gate[ONLY_WITH[name]]]
        rows = [
            self._vote_row(gate, sources[name])
            if name == OF_THE_VOTE[0]
            else self._setting_row(gate, name, sources[name])
            for name in names
            if name not in OF_THE_VOTE[1:]
        ]
        return place + rows

    def _setting_row(self, gate, name, source):
        field = gate._fields[name]
        value = gate[name]
        if field.type == "selection":
            value = dict(field._description_selection(self.env)).get(value, value)
        elif field.type == "boolean":
            value = self.env._("Yes") if value else self.env._("No")
        label = field._description_string(self.env)
        return self._said(name, label, value, source)

    def _vote_row(self, gate, source):
        """The three numbers of a vote say something only together."""
        value = self.env._(
            "%(k)s of %(n)s frames within %(seconds)s s",
            k=gate.vote_k,
            n=gate.vote_n,
            seconds=f"{gate.vote_within_s:g}",
        )
        return self._said("vote", self.env._("Agreeing Frames"), value, source)

    def _said(self, name, label, value, source):
        return {
            "name": name,
            "label": label,
            "value": value,
            "level": source["level"],
            "source": source.get("name") or False,
        }

    def _sheet_row(self, sheet):
        """A commissioning sheet; False if there is none."""
        return bool(sheet) and {
            "id": sheet.id,
            "gate": sheet.gate_id.name,
            "verdict": sheet.verdict,
            "made_at": self._text(sheet.made_at),
            "open": [
                line.text or line.advice or ""
                for line in sheet.line_ids
                if line.level in {"warn", "fail"}
            ],
        }


class HrFaceGate(models.Model):
    _inherit = "hr.face.gate"

    def action_open_page(self):
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "hr_face_attendance.gate",
            "name": self.name,
            "params": {"gate_id": self.id},
        }
