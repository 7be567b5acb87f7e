from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql
from psycopg2.extras import execute_values

from ..rules import vault
from ..rules.errors import ServerError, Unsealable

SECRET_COLUMNS = ("ciphertext", "nonce", "wrapped_key", "key_nonce")


def add_secret_columns(model):
    """Columns for what is sealed, which the ORM does not know."""
    for column in () if model._abstract else SECRET_COLUMNS:
        if not sql.column_exists(model.env.cr, model._table, column):
            model.env.cr.execute(
                SQL(
                    "ALTER TABLE %s ADD COLUMN %s bytea",
                    SQL.identifier(model._table),
                    SQL.identifier(column),
                )
            )


class HrFaceSealed(models.AbstractModel):
    """Something biometric of one person: the record describes it, the content is sealed.

    Ciphertext, nonces and wrapped key are columns that the ORM does not know, and no field
    of hr.employee leads here: core evaluates client-made domains on employees as
    superuser, so what can be reached from there can be probed.
    """

    _name = "hr.face.sealed"
    _description = "Sealed Face Data"

    uuid = fields.Char(required=True, readonly=True)
    employee_id = fields.Many2one(
        "hr.employee", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    consent_id = fields.Many2one(
        "hr.face.consent", required=True, readonly=True, ondelete="restrict", index=True
    )
    key_id = fields.Char(string="Key", readonly=True, help="Names the master key that wraps it.")

    _uuid_unique = models.UniqueIndex("(company_id, uuid)", "This is already known.")

    def init(self):
        super().init()
        add_secret_columns(self)

    @api.model
    def _sealed_models(self):
        """Every model that holds sealed content, as superuser."""
        names = self.env.registry.descendants(["hr.face.sealed"], "_inherit")
        return [self.env[name].sudo() for name in names if not self.env[name]._abstract]

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_consents()
        return records

    def _check_consents(self):
        """Nothing without a consent in force, of the same person in the same company.

        The consents are touched, so that a withdrawal at the same time, which does not see
        these records yet, conflicts and is tried again instead of leaving them behind.
        """
        active = self.env["hr.face.consent"]._active_of(self.employee_id)
        for record in self:
            consent = active.get(record.employee_id.id)
            if not consent or (record.consent_id, record.company_id) != (
                consent,
                consent.company_id,
            ):
                raise UserError(
                    self.env._("%s has not consented to face recognition.", record.employee_id.name)
                )
        self.env.cr.execute(
            "UPDATE hr_face_consent SET state = state WHERE id = ANY(%s)", [self.consent_id.ids]
        )

    def _rest_on(self, consents):
        """A newer consent of the same person takes the place of the one before."""
        for consent in consents:
            mine = self.filtered(
                lambda one, consent=consent: (
                    (one.employee_id, one.company_id) == (consent.employee_id, consent.company_id)
                )
            )
            models.BaseModel.write(mine, {"consent_id": consent.id})

    @api.model
    def _of(self, employees):
        return self.search([("employee_id", "in", employees.ids)])

    def _erase(self, reason):
        """Erase for a reason (see hr.face.erasure); devices hold only templates."""
        self.unlink()

    @api.model
    def _key_ids(self):
        return [key for (key,) in self._read_group([], ["key_id"], []) if key]

    @api.model
    def _seal_all(self, vals_list, contents):
        """Create records with their contents sealed.

        Args:
            vals_list: field values without key_id.
            contents: bytes, one per record.

        Raises:
            ServerError: no key file, or another one than earlier records need.
        """
        keys = self.env["hr.face.key"]._keyring_to_seal(self._key_ids())
        records = self.create([{**vals, "key_id": keys.current_id} for vals in vals_list])
        records.flush_recordset()
        rows = []
        for record, content in zip(records, contents, strict=True):
            sealed = vault.seal(content, keys.current, record._owner())
            rows.append((record.id, *(getattr(sealed, name) for name in SECRET_COLUMNS)))
        self._update(
            "ciphertext = v.a, nonce = v.b, wrapped_key = v.c, key_nonce = v.d", "a, b, c, d", rows
        )
        return records

    def _owner(self):
        """The associated data: what the content belongs to."""
        raise NotImplementedError

    def _opened(self):
        """The contents in the clear, bytes by record id.

        Raises:
            ServerError: no key file, another key, or a row that does not belong to its person.
        """
        if not self:
            return {}
        keys = self.env["hr.face.key"]._keyring_for(set(self.mapped("key_id"))).by_id()
        contents = {}
        for record_id, sealed in self._sealed().items():
            record = self.browse(record_id)
            try:
                contents[record_id] = vault.unseal(sealed, keys[record.key_id], record._owner())
            except Unsealable as error:
                raise ServerError(
                    f"{self._description} {record_id} does not open: it was damaged or moved to"
                    " another person. Erase it and enrol the person again."
                ) from error
        return contents

    def _sealed(self):
        """What is at rest, by record id."""
        self.env.cr.execute(
            SQL(
                "SELECT id, ciphertext, nonce, wrapped_key, key_nonce FROM %s WHERE id = ANY(%s)",
                SQL.identifier(self._table),
                self.ids,
            )
        )
        return {
            record_id: vault.Sealed(*(bytes(part or b"") for part in parts))
            for record_id, *parts in self.env.cr.fetchall()
        }

    @api.model
    def _to_rewrap(self, after, limit):
        """The next records that need an earlier key, locked; those others work on are skipped."""
        current = self.env["hr.face.key"]._read().current_id
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE key_id <> %s AND id > %s"
                " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
                SQL.identifier(self._table),
                current,
                after,
                limit,
            )
        )
        return self.browse(record_id for (record_id,) in self.env.cr.fetchall())

    def _rewrap(self):
        """Wrap under the current master key and verify.

        Returns the ids of those that do not open, left as they were.
        """
        keys = self.env["hr.face.key"]._keyring_to_seal(self.mapped("key_id"))
        known, rows, damaged = keys.by_id(), [], []
        for record_id, sealed in self._sealed().items():
            record = self.browse(record_id)
            try:
                again = vault.rewrap(sealed, known[record.key_id], keys.current, record._owner())
            except Unsealable:
                damaged.append(record_id)
            else:
                rows.append((record_id, again.wrapped_key, again.key_nonce, keys.current_id))
        self._update("wrapped_key = v.a, key_nonce = v.b, key_id = v.c", "a, b, c", rows)
        self.invalidate_recordset(["key_id"])
        return damaged

    @api.model
    def _update(self, what, names, rows):
        """Write columns that the ORM does not know; `rows` start with the record's id."""
        if rows:
            execute_values(
                self.env.cr._obj,
                f"UPDATE {self._table} t SET {what} FROM (VALUES %s) AS v(id, {names})"  # noqa: S608
                " WHERE t.id = v.id",
                rows,
            )
