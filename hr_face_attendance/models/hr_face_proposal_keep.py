from collections import defaultdict
from datetime import timedelta

from odoo import api, models

from ..rules import proposal as asking
from ..rules import punch
from ..rules.local import date_of
from .hr_face_event_reason import moment_text

ASKED = frozenset({punch.NO_CHECK_IN, punch.INSIDE_FIXED, punch.LOCKED})
AROUND = timedelta(days=3)
"""How far around the punches in question rows and sightings are read."""


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
        self.flush_model(["employee_id", "uuid", "date"])
        self.env.cr.execute(
            "SELECT id FROM hr_face_proposal WHERE employee_id = ANY(%s) AND uuid = ANY(%s)"
            " ORDER BY date DESC, id DESC",
            [list(plans), [uuid for uuid in mentioned if uuid]],
        )
        return self.browse(proposal for (proposal,) in self.env.cr.fetchall())

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
        if not new:
            return self.browse()
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
