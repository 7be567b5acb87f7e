import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

from ..rules import gate_settings
from ..rules.gate_settings import Level

SETTINGS = tuple(gate_settings.STANDARD)
OWN = "own_settings"


class HrFaceGateSettings(models.AbstractModel):
    """How settings are inherited.

    A level stores only what was set there (`own_settings`). The fields hold what counts; to write
    one is to set it here, and `action_inherit` gives it back to the level above.
    """

    _inherit = "hr.face.gate.settings"

    @api.depends(lambda self: self._settings_depend_on())
    def _compute_settings(self):
        policies = self._policies()
        for record in self:
            for name, (value, _) in record._resolved(policies).items():
                record[name] = value

    @api.depends(lambda self: self._settings_depend_on())
    def _compute_setting_sources(self):
        policies = self._policies()
        for record in self:
            names = {"site": record.work_location_id.name, "company": record.company_id.name}
            record.setting_sources = {
                name: {"level": source, "name": names.get(source)}
                for name, (_, source) in record.sudo()._resolved(policies).items()
            }

    def _settings_depend_on(self):
        """Besides what the policies say: see `_spread`."""
        return (OWN, "company_id.attendance_kiosk_delay")

    def _policies(self):
        """What companies and sites say, by company. Asked for and not followed by a field: core
        evaluates client-made domains on employees as superuser, and a company can be reached."""
        companies = self.sudo().company_id._origin
        policies = self.env["hr.face.gate.policy"].sudo()
        return policies.search([("company_id", "in", companies.ids)]).grouped("company_id")

    def _resolved(self, policies):
        company = self.sudo().company_id
        standard = gate_settings.STANDARD | {
            "kiosk_delay_s": company.attendance_kiosk_delay
            if company.attendance_kiosk_delay > 0
            else gate_settings.STANDARD["kiosk_delay_s"]
        }
        none = self.env["hr.face.gate.policy"].sudo()
        levels = self._levels_above(policies.get(company._origin, none))
        return gate_settings.resolve([*levels, Level("here", self[OWN] or {})], standard)

    def _levels_above(self, policies):
        """What company and site say, the nearest last."""
        company = policies.filtered(lambda one: not one.work_location_id)
        levels = [Level("company", one.own_settings or {}) for one in company[:1]]
        if site := self.work_location_id._origin:
            here = policies.filtered(lambda one: one.work_location_id == site)
            levels += [Level("site", one.own_settings or {}) for one in here[:1]]
        return levels

    @api.model
    def _spread(self, companies):
        """Whatever inherits from the policies of these companies is computed anew."""
        for name in self.env.registry.descendants(["hr.face.gate.settings"], "_inherit"):
            heirs = self.env[name].sudo().with_context(active_test=False)
            if not heirs._abstract:
                heirs = heirs.search([("company_id", "in", companies.ids)])
                for setting in SETTINGS:
                    self.env.add_to_compute(heirs._fields[setting], heirs)
                heirs.invalidate_recordset(["setting_sources"], flush=False)

    @api.model_create_multi
    def create(self, vals_list):
        """A form sends every field it shows: only what differs from what holds anyway is set here."""
        said = [{name: vals[name] for name in SETTINGS if name in vals} for vals in vals_list]
        records = super().create(
            [
                {key: value for key, value in vals.items() if key not in SETTINGS}
                for vals in vals_list
            ]
        )
        for record, settings in zip(records, said, strict=True):
            own = {
                name: value
                for name, value in record._clean_settings(settings).items()
                if value != record[name]
            }
            if own:
                record.with_context(tracking_disable=True).write(own)
        return records

    def write(self, vals):
        """To write a setting is to set it here; what is not written goes on being inherited."""
        settings = {name: vals[name] for name in SETTINGS if name in vals}
        if not settings:
            return super().write(vals)
        others = {key: value for key, value in vals.items() if key not in settings}
        for record in self:
            named = gate_settings.with_companions(settings)
            own = {name: record[name] for name in SETTINGS if name in named}
            own |= record._clean_settings(settings)
            super(HrFaceGateSettings, record).write(others | {OWN: (record[OWN] or {}) | own})
        return True

    def _clean_settings(self, settings):
        return {
            name: self._fields[name].convert_to_cache(value, self)
            for name, value in settings.items()
        }

    def action_inherit(self, names):
        """Give these settings back to the level above."""
        unknown = set(names) - set(SETTINGS)
        if unknown:
            raise UserError(self.env._("%s is no setting of a gate.", ", ".join(sorted(unknown))))
        back = gate_settings.with_companions(names)
        for record in self:
            kept = {name: value for name, value in (record[OWN] or {}).items() if name not in back}
            record.write({OWN: kept})

    def _init_column(self, column_name):
        """A gate from before settings could be inherited keeps what it has."""
        super()._init_column(column_name)
        if column_name == OWN:
            self._keep_what_was_set()

    def _keep_what_was_set(self):
        """Set here whatever differs from the standard, in a table that has just got the column."""
        there = sql.table_columns(self.env.cr, self._table)
        names = [name for name in SETTINGS if name in there]
        if not names:
            return
        table = SQL.identifier(self._table)
        columns = SQL(", ").join(SQL.identifier(name) for name in names)
        self.env.cr.execute(SQL("SELECT id, %s FROM %s", columns, table))
        for record_id, *values in self.env.cr.fetchall():
            own = {
                name: value
                for name, value in zip(names, values, strict=True)
                if value is not None and value != gate_settings.STANDARD[name]
            }
            self.env.cr.execute(
                SQL(
                    "UPDATE %s SET own_settings = %s::jsonb WHERE id = %s",
                    *(table, json.dumps(own), record_id),
                )
            )
