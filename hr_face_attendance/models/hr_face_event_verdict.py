from odoo import api, models
from psycopg2.extras import Json, execute_values

from ..rules import punch
from .hr_face_event_reason import moment_text


class HrFaceEvent(models.Model):
    """What events came to: the derived columns, kept up to date by the derivation."""

    _inherit = "hr.face.event"

    @api.model
    def _keep_verdicts(self, plans, created):
        """Write the derived columns of the events whose verdict changed.

        Args:
            plans: {employee id: Derived}; created: {in uuid: attendance id} of new rows.

        Returns:
            {employee id: the events, as dicts, whose verdict changed}.
        """
        changes, changed = [], {}
        for employee, done in plans.items():
            stored = {event["uuid"]: event for event in done.events}
            changed[employee] = []
            for verdict in done.plan.verdicts:
                if verdict.uuid:
                    row = done.plan.row_of.get(verdict.uuid)
                    new = _verdict_columns(verdict, created.get(row, row))
                    old = stored[verdict.uuid]
                    if any(old[name] != value for name, value in new.items()):
                        changes.append((old["id"], *new.values()))
                        changed[employee].append(old)
        self._write_verdicts(changes)
        return changed

    def _write_verdicts(self, changes):
        if changes:
            execute_values(
                self.env.cr._obj,
                "UPDATE hr_face_event e SET direction = v.direction, reason_code = v.code,"
                " reason_params = v.params::jsonb, state = v.state, attendance_id = v.row::int,"
                " flag = v.flag"
                " FROM (VALUES %s) AS v(id, direction, code, params, state, row, flag)"
                " WHERE e.id = v.id",
                [
                    (event, direction, code, Json(params) if params else None, *others)
                    for event, direction, code, params, *others in changes
                ],
                page_size=1000,
            )
        self.invalidate_model()

    @api.model
    def _retire(self, attendances):
        """A person deleted these attendances: their events count no more."""
        self.env.cr.execute(
            "UPDATE hr_face_event SET state = 'ignored', reason_code = %s, reason_params = NULL,"
            " direction = NULL, attendance_id = NULL WHERE attendance_id = ANY(%s)",
            [punch.REMOVED, attendances.ids],
        )
        self.invalidate_model()


def _verdict_columns(verdict, row):
    state = "derived" if verdict.direction else "review" if verdict.accepted else "ignored"
    params = {name: moment_text(moment) for name, moment in verdict.params.items()}
    if verdict.label:
        params["label"] = verdict.label
    return {
        "direction": verdict.direction,
        "reason_code": verdict.code,
        "reason_params": params or None,
        "state": state,
        "attendance_id": row,
        "flag": next(iter(verdict.flags), None),
    }
