from odoo import api, models
from psycopg2.extras import execute_values

from ..rules import vault
from ..rules.errors import Unsealable


class HrFaceTemplate(models.Model):
    """Wrapping template keys anew under the current master key; see hr.face.key."""

    _inherit = "hr.face.template"

    @api.model
    def _to_rewrap(self, after, limit):
        """The next templates that need an earlier key, locked; those others work on are skipped."""
        current = self.env["hr.face.key"]._read().current_id
        self.env.cr.execute(
            "SELECT id FROM hr_face_template WHERE key_id <> %s AND id > %s"
            " ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED",
            [current, after, limit],
        )
        return self.browse(template_id for (template_id,) in self.env.cr.fetchall())

    def _rewrap(self):
        """Wrap and verify; returns the ids of those that do not open, left as they were."""
        keys = self.env["hr.face.key"]._keyring_to_seal(self.mapped("key_id"))
        known, rows, damaged = keys.by_id(), [], []
        for template_id, sealed in self._sealed().items():
            template = self.browse(template_id)
            try:
                again = vault.rewrap(
                    sealed, known[template.key_id], keys.current, template._owner()
                )
            except Unsealable:
                damaged.append(template_id)
            else:
                rows.append((template_id, again.wrapped_key, again.key_nonce, keys.current_id))
        if rows:
            execute_values(
                self.env.cr._obj,
                "UPDATE hr_face_template t SET wrapped_key = v.a, key_nonce = v.b, key_id = v.c"
                " FROM (VALUES %s) AS v(id, a, b, c) WHERE t.id = v.id",
                rows,
            )
        self.invalidate_recordset(["key_id"])
        return damaged
