from odoo import api, fields, models
from odoo.exceptions import AccessError

LONGEST = 500


class HrFaceChange(models.Model):
    """Who changed which setting, when, from what to what. Lines are added, never changed."""

    _name = "hr.face.change"
    _description = "Configuration Change"
    _order = "at desc, id desc"
    _rec_name = "setting"
    _log_access = False

    at = fields.Datetime(string="When", required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", string="Who", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    kind = fields.Char(string="Of What", readonly=True)
    record_name = fields.Char(string="Of Which", readonly=True)
    setting = fields.Char(readonly=True)
    before = fields.Char(string="From", readonly=True)
    after = fields.Char(string="To", readonly=True)

    @api.model
    def _note(self, record, changes):
        """`changes`: {field: (value before, value after)}, as the ORM reads them."""
        company = record if record._name == "res.company" else record.company_id
        labels = record.fields_get(list(changes), ["string"])
        return self.sudo().create(
            [
                {
                    "at": fields.Datetime.now(),
                    "user_id": self.env.uid,
                    "company_id": company.id,
                    "res_model": record._name,
                    "res_id": record.id,
                    "kind": self.env["ir.model"]._get(record._name).name,
                    "record_name": record.display_name,
                    "setting": labels[name]["string"],
                    "before": self._text(record, name, before),
                    "after": self._text(record, name, after),
                }
                for name, (before, after) in changes.items()
            ]
        )

    def _text(self, record, name, value):
        """A value as a person reads it; nothing for none."""
        field = record._fields[name]
        if isinstance(value, models.BaseModel):
            text = ", ".join(value.mapped("display_name"))
        elif field.type == "boolean":
            text = self.env._("Yes") if value else self.env._("No")
        elif field.type in ("integer", "float"):
            text = f"{value or 0:g}"
        elif field.type == "selection":
            text = dict(field._description_selection(record.env)).get(value, "")
        else:
            text = str(value) if value else ""
        return text[:LONGEST] or False

    def write(self, vals):
        raise AccessError(self.env._("This log is not edited."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(self.env._("This log is not edited."))
