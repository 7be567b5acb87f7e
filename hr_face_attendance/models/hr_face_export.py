import base64
import io
import json
import zipfile

from odoo import api, fields, models

HELD = {
    "consents": "hr.face.consent",
    "templates": "hr.face.template",
    "images": "hr.face.image",
    "enrolments": "hr.face.enrolment",
    "captures": "hr.face.capture",
    "events": "hr.face.event",
    "presence": "hr.face.presence",
    "days": "hr.face.day",
    "proposals": "hr.face.proposal",
    "roster": "hr.face.roster",
    "late_deliveries": "hr.face.backlog",
    "erasures": "hr.face.erasure",
    "accesses": "hr.face.access.log",
    "links": "hr.face.link",
    "terminal_users": "hr.face.terminal.user",
    "import_photos": "hr.face.import.photo",
    "phones": "hr.face.push.subscription",
    "notifications": "hr.face.push",
    "chosen_notifications": "hr.face.notice.choice",
    "roll_calls": "hr.face.roll.call.line",
    "roll_call_faces": "hr.face.roll.call.face",
}
"""Everything of ours that is about one person, by its name in the export."""
IMPORTED = ("name", "state", "reason", "quality", "create_date")
"""Of photos in imports; the rest of a row may name another person."""
ATTENDANCE = ("id", "check_in", "check_out", "worked_hours", "in_mode", "out_mode")


class HrFaceExport(models.AbstractModel):
    """Everything that is held on a person, for that person (GDPR, articles 15 and 20)."""

    _name = "hr.face.export"
    _description = "Export of Face Data"

    @api.model
    def _zip(self, employee, *, vectors):
        """The archive as bytes. Rights are the caller's to check, and the access to log."""
        held = self._held_on(employee)
        files = {"data.json": held, "README.txt": self._explained(vectors)}
        if vectors:
            files["templates.json"] = self._vectors_of(employee)
        images = self._of("hr.face.image", employee)
        for image, content in images._opened().items():
            files[f"images/{image}.jpg"] = content
        for capture, (_vector, content) in self._of("hr.face.capture", employee)._parts().items():
            files[f"captures/{capture}.jpg"] = content
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                text = content if isinstance(content, (str, bytes)) else _json(content)
                archive.writestr(name, text)
        return out.getvalue()

    @api.model
    def _held_on(self, employee):
        """Plain JSON values; times are UTC."""
        held = {
            "exported_at": _plain(fields.Datetime.now()),
            "database": self.env["ir.config_parameter"].sudo().get_param("database.uuid"),
            "person": {
                "id": employee.id,
                "name": employee.name,
                "company": employee.company_id.display_name,
            },
        }
        for name, model in HELD.items():
            held[name] = self._rows(self._of(model, employee))
        held["look_alikes"] = [  # that there are, and never who: that is the other's data
            {"similarity": one.similarity, "told_apart_at": _plain(one.decided_at)}
            for one in self.env["hr.face.look.alike"]._of(employee)
        ]
        held["imports"] = [
            {name: _plain(photo[name]) for name in IMPORTED}
            for photo in self._of("hr.face.import.photo", employee)
        ]
        rules = self.env["hr.face.clearance.rule"].sudo()
        held["clearance"] = self._rows(rules.search([("employee_ids", "in", employee.ids)]))
        attendance = self.env["hr.attendance"].sudo().search([("employee_id", "=", employee.id)])
        held["attendance"] = [
            {name: _plain(row[name]) for name in ATTENDANCE} for row in attendance
        ]
        return held

    def _of(self, model, employee):
        """This person's records in the companies of whoever asks."""
        records = self.env[model].sudo().with_context(active_test=False)
        domain = [("employee_id", "=", employee.id)]
        if "company_id" in records._fields:
            domain.append(("company_id", "in", self.env.companies.ids))
        return records.search(domain, order="id")

    def _rows(self, records):
        """Every stored value; secrets are in columns that no field names, or closed to all."""
        names = [
            name
            for name, field in records._fields.items()
            if field.store and field.type not in ("one2many", "many2many", "binary")
            if field.groups != fields.NO_ACCESS
        ]
        return [{name: _plain(record[name]) for name in names} for record in records]

    def _vectors_of(self, employee):
        templates = self._of("hr.face.template", employee)
        vectors = templates._vectors()
        return [
            {
                "uuid": template.uuid,
                "model": template.model,
                "encoding": "float32, little-endian, base64",
                "vector": base64.b64encode(vectors[template.id]).decode(),
            }
            for template in templates
        ]

    def _explained(self, vectors):
        lines = [
            self.env._("data.json: what is held on this person by face attendance. Times are UTC."),
            self.env._("consents: the texts agreed to, when, how, and how they ended."),
            self.env._("templates: which face templates exist, without their numbers."),
            self.env._("images: the pictures kept of this person; the files are beside, by id."),
            self.env._("enrolments: how and when you were enrolled; captures: what waits for HR."),
            self.env._("imports: photos of you that were handed in with others', and their fate."),
            self.env._("look_alikes: people too close to you to tell apart by face, unnamed."),
            self.env._("events: each time this person was recognised, where, and what followed."),
            self.env._("erasures: what had to be erased on which device, and whether it was."),
            self.env._("accesses: who exported or looked at this data."),
            self.env._("attendance: the attendance records that payroll uses."),
        ]
        if vectors:
            lines.append(
                self.env._(
                    "templates.json: the templates themselves. Whoever has them can recognise"
                    " this face: keep the file safe."
                )
            )
        return "\n".join(lines) + "\n"


def _plain(value):
    """A field's value as JSON; a record as its number and name."""
    if isinstance(value, models.BaseModel):
        return {"id": value.id, "name": value.display_name} if value else None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value


def _json(content):
    return json.dumps(content, indent=2, ensure_ascii=False)
