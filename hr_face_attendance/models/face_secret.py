import json

from odoo import api, fields, models
from odoo.tools import SQL

from ..rules import vault
from ..rules.errors import Unsealable
from .face_sealed import SECRET_COLUMNS, add_secret_columns


class HrFaceKeySecret(models.AbstractModel):
    """A record with one secret, sealed under the master key.

    The sealed parts are in columns that the ORM does not know, and their associated data
    names the record, so that a dump of the database gives nothing and rows cannot be swapped.
    """

    _name = "hr.face.key.secret"
    _description = "Record With a Sealed Secret"

    key_id = fields.Char(string="Master Key", readonly=True)

    def init(self):
        super().init()
        add_secret_columns(self)

    def _owner(self):
        """What the secret belongs to: bytes, the same for as long as the record lives."""
        raise NotImplementedError

    def _seal(self, secret):
        """Keep this secret (bytes). Raises ServerError without a good key file."""
        master = self.env["hr.face.key"]._keyring_to_seal([])
        self._keep(vault.seal(secret, master.current, self._owner()), master)

    def _unseal(self):
        """The secret as bytes.

        Raises:
            ServerError: there is no good key file.
            Unsealable: it was sealed under another one.
        """
        keys = self.env["hr.face.key"]._read()
        master = keys.by_id().get(self.key_id, keys.current)
        return vault.unseal(self._sealed(), master, self._owner())

    def _keep(self, sealed, master):
        self.key_id = master.current_id
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = %s",
                SQL.identifier(self._table),
                SQL(", ").join(
                    SQL("%s = %s", SQL.identifier(name), getattr(sealed, name))
                    for name in SECRET_COLUMNS
                ),
                self.id,
            )
        )

    def _sealed(self):
        columns = SQL(", ").join(SQL.identifier(name) for name in SECRET_COLUMNS)
        self.env.cr.execute(
            SQL("SELECT %s FROM %s WHERE id = %s", columns, SQL.identifier(self._table), self.id)
        )
        return vault.Sealed(*(bytes(part or b"") for part in self.env.cr.fetchone()))

    @api.model
    def _in_use(self):
        """The domain of the records whose secret is still needed."""
        return []

    @api.model
    def _key_ids(self):
        """The master keys that secrets still in use are sealed under."""
        return [key for (key,) in self._read_group(self._in_use(), ["key_id"], []) if key]

    @api.model
    def _wrap_anew(self):
        """Under the current master key; one that does not open stays, and says so when used."""
        master = self.env["hr.face.key"]._keyring_to_seal([])
        for record in self.search([("key_id", "!=", master.current_id)]):
            old = master.by_id().get(record.key_id)
            try:
                again = old and vault.rewrap(record._sealed(), old, master.current, record._owner())
            except Unsealable:
                continue
            if again:
                record._keep(again, master)

    @api.model
    def _owner_bytes(self, *parts):
        return json.dumps(parts).encode()
