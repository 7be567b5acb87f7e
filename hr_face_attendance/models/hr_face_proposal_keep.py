from collections import defaultdict
from datetime import UTC, timedelta

from odoo import api, models

from ..rules import plan as planning
from ..rules import proposal as asking
from ..rules import punch
from ..rules.local import date_of
from .hr_face_event_reason import moment_text

ASKED = frozenset({punch.NO_CHECK_IN, punch.INSIDE_FIXED, punch.LOCKED})
AROUND = timedelta(days=3)
"""How far around the punches in question rows and sightings are read."""
HISTORY = timedelta(days=56)
"""Eight weeks: a habit, not a biography."""


class HrFaceProposal(models.Model):
    """Keeping the proposals: after each derivation they say what is open now, and no more."""

    _inherit = "hr.face.proposal"

    @api.model
    def _keep(self, derived):
        """Bring the proposals about these folds up to date.

        Args:
            derived: {employee id: Derived} as applied.

        Returns {employee id: dates whose proposals changed}.
        """
        plans = {one: done.plan for one, done in derived.items()}
        asked = {one: done for one, done in derived.items() if _is_asked(done.plan)}
        known = {(proposal.uuid, proposal.kind): proposal for proposal in self._known(plans)}
        wanted = self._wanted(asked) if asked else {}
        mentioned = {uuid for plan in plans.values() for uuid in _mentioned(plan)}
        gone = self.browse(
            proposal.id
            for key, proposal in known.items()
            if key not in wanted and proposal.state == "open" and proposal.uuid in mentioned
        )
        gone._supersede()
        changed = gone
        new = []
        for key, values in wanted.items():
            present = known.get(key)
            if not present:
                new.append(values)
            elif present.state != "dismissed":
                changed |= present._refresh(values)
        changed |= self._ask(new)
        days = defaultdict(set)
        for proposal in changed:
            days[proposal.employee_id.id].add(proposal.date)
        return days

    def _known(self, plans):
        """What was asked about these punches before; one query, also if nothing is asked now."""
        mentioned = [uuid for plan in plans.values() for uuid in _mentioned(plan)]
        return self.search([("employee_id", "in", list(plans)), ("uuid", "in", mentioned)])

    def _wanted(self, asked):
        """{(uuid, kind): values} of what the folds leave open."""
        employees = self.env["hr.employee"].browse(asked)
        zones = {employee.id: employee._get_tz() for employee in employees}
        span = _span(done.plan for done in asked.values())
        sightings, rows = self._sightings(asked, *span), self._rows(asked, *span)
        habits = self._habits(zones, span[0])
        wanted = {}
        for employee in employees:
            done = asked[employee.id]
            found = asking.proposals(
                [verdict for verdict in done.plan.verdicts if verdict.code != punch.VOIDED],
                sightings[employee.id],
                done.schedule,
                done.settings,
                habits.get(employee.id),
                zones[employee.id],
                rows[employee.id],
            )
            for one in found:
                values = _values(employee, one, zones[employee.id])
                wanted[values["uuid"], values["kind"]] = values
        return wanted

    def _ask(self, new):
        """Create proposals, with one activity each for whoever is responsible."""
        quiet = self.with_context(tracking_disable=True, mail_create_nolog=True)
        proposals = quiet.create(new)
        todo = self.env.ref("mail.mail_activity_data_todo")
        model = self.env["ir.model"]._get_id(self._name)
        activities = []
        for employee, some in proposals.grouped("employee_id").items():
            user = self.env["hr.face.task"]._responsible(some[0], employee)
            activities += [
                {
                    "activity_type_id": todo.id,
                    "res_model_id": model,
                    "res_id": proposal.id,
                    "user_id": user.id,
                    "summary": proposal.question,
                    "automated": True,
                }
                for proposal in some
            ]
        self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(activities)
        return proposals

    def _refresh(self, values):
        """Take over what is known now. Returns self if anything changed.

        What was confirmed or explained comes back when its answer is taken back.
        """
        quiet = self.with_context(tracking_disable=True)
        stale = {
            name: value
            for name, value in values.items()
            if (self[name].id if name.endswith("_id") else self[name] or None) != (value or None)
        }
        if self.state != "open":
            stale |= {"state": "open", "moment": False, "decided_by_id": False, "decided_at": False}
        if stale:
            quiet.write(stale)
        return self if stale else self.browse()

    def _supersede(self):
        """Explained by what came later, or decided on the attendance itself."""
        if self:
            self.with_context(tracking_disable=True).write({"state": "superseded"})
            self.activity_unlink(["mail.mail_activity_data_todo"])

    def _sightings(self, asked, start, end):
        """{employee id: [Sighting]} of everything at a known time."""
        self.env.cr.execute(
            """
            SELECT e.employee_id, e.captured_at, g.name, e.outcome,
                   CASE e.gate_direction WHEN 'auto' THEN coalesce(e.direction_hint, 'auto')
                        ELSE e.gate_direction END
              FROM hr_face_event e LEFT JOIN hr_face_gate g ON g.id = e.gate_id
             WHERE e.employee_id = ANY(%s) AND e.captured_at BETWEEN %s AND %s
               AND e.time_review IS NULL
             ORDER BY e.captured_at, e.uuid
            """,
            [list(asked), start, end],
        )
        found = defaultdict(list)
        for employee, at, gate, outcome, direction in self.env.cr.fetchall():
            found[employee].append(asking.Sighting(_aware(at), gate, outcome, direction or "auto"))
        return found

    def _rows(self, asked, start, end):
        """{employee id: [Row]} as stored after the plans."""
        self.env.cr.execute(
            """
            SELECT a.employee_id, a.id, a.check_in, a.check_out, coalesce(a.face_fixed, false),
                   coalesce(a.face_missing_out, false), i.uuid, o.uuid
              FROM hr_attendance a
              LEFT JOIN hr_face_event i ON i.attendance_id = a.id AND i.direction = 'in'
              LEFT JOIN hr_face_event o ON o.attendance_id = a.id AND o.direction = 'out'
             WHERE a.employee_id = ANY(%s) AND a.check_in <= %s
               AND (a.check_out IS NULL OR a.check_out >= %s)
             ORDER BY a.check_in, a.id
            """,
            [list(asked), end, start],
        )
        found = defaultdict(list)
        for employee, key, check_in, check_out, *rest in self.env.cr.fetchall():
            row = planning.Row(key, _aware(check_in), check_out and _aware(check_out), *rest)
            found[employee].append(row)
        return found

    def _habits(self, zones, before):
        """{employee id: Habit}: medians of the local times of the weeks before."""
        self.env.cr.execute(
            """
            SELECT employee, percentile_disc(0.5) WITHIN GROUP (ORDER BY came),
                   percentile_disc(0.5) WITHIN GROUP (ORDER BY gone), count(*)
              FROM (SELECT z.employee, a.date,
                           min(a.check_in AT TIME ZONE 'UTC' AT TIME ZONE z.tz)::time AS came,
                           max(a.check_out AT TIME ZONE 'UTC' AT TIME ZONE z.tz)::time AS gone
                      FROM unnest(%s::int[], %s::text[]) AS z(employee, tz)
                      JOIN hr_attendance a ON a.employee_id = z.employee
                     WHERE a.check_in BETWEEN %s AND %s AND a.check_out IS NOT NULL
                       AND a.face_missing_out IS NOT TRUE
                     GROUP BY z.employee, a.date) d
             GROUP BY employee
            """,
            [list(zones), list(zones.values()), before - HISTORY, before],
        )
        return {
            employee: asking.Habit(came, gone, days)
            for employee, came, gone, days in self.env.cr.fetchall()
        }


def _is_asked(plan):
    return any(verdict.expired or verdict.code in ASKED for verdict in plan.verdicts)


def _mentioned(plan):
    """Identities of the punches and rows on which the fold has just spoken."""
    for verdict in plan.verdicts:
        yield verdict.uuid
        for stay in (verdict.expired, verdict.closes):
            if stay:
                yield _identity(stay.uuid, stay.key)
    yield from plan.row_of


def _identity(uuid, key):
    """What a proposal is about: a punch, or a row that a person opened."""
    return uuid or f"attendance:{key}"


def _span(plans):
    """(start, end), naive UTC, around everything that is asked about."""
    moments = []
    for plan in plans:
        for verdict in plan.verdicts:
            if verdict.expired or verdict.code in ASKED:
                moments.append(verdict.at)
                if verdict.expired:
                    moments.append(verdict.expired.check_in)
    return _naive(min(moments) - AROUND), _naive(max(moments) + AROUND)


def _values(employee, one, tz):
    anchor = one.latest if one.kind == asking.MISSING_IN else one.earliest
    return {
        "employee_id": employee.id,
        "company_id": employee.company_id.id,
        "kind": one.kind,
        "uuid": _identity(one.uuid, one.key),
        "attendance_id": one.key,
        "date": date_of(anchor, tz),
        "earliest": _naive(one.earliest),
        "latest": _naive(one.latest),
        "suggested": one.suggested and _naive(one.suggested),
        "basis": one.basis,
        "evidence": [
            [code, {name: _plain(value) for name, value in params.items()}]
            for code, params in one.evidence
        ],
        "hours": round(one.hours, 4) if one.hours is not None else 0.0,
    }


def _plain(value):
    return moment_text(value) if hasattr(value, "isoformat") else value


def _naive(moment):
    """Odoo's naive UTC, whole seconds as its fields keep them."""
    return moment.replace(microsecond=0, tzinfo=None)


def _aware(moment):
    return moment.replace(tzinfo=UTC)
