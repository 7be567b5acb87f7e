import logging
import os

from odoo import api, models

from ..rules.errors import ServerError
from .hr_face_key import LOCK_KEY

_logger = logging.getLogger(__name__)

BATCH = 500
SINGLE = ("hr.face.service.key", "hr.face.push.key")
"""Beside the templates: models with a few sealed secrets (hr.face.sealed)."""


class HrFaceKey(models.AbstractModel):
    """Changing the master key, in three steps that each can be repeated and interrupted.

    1. A new key is put first in the file; the others stay. Whatever is sealed from now on is
       sealed under it. (An administrator in the settings, or whoever keeps the file.)
    2. The cron wraps the key of each template anew. The templates themselves stay as they
       are; which master key a template needs stands in its row, so nothing is lost or done
       twice wherever it stops.
    3. Keys that no template needs any more are removed from the file. Backups of the
       database from before need them: keep the old file with such a backup, or destroy both.
    """

    _inherit = "hr.face.key"

    @api.model
    def _add_key(self):
        """Step 1. Raises ServerError unless the present file opens every template."""
        ids = self.env["hr.face.template"].sudo()._key_ids()
        keys = self._keyring_for(ids).with_new()
        self._put(keys, os.replace)
        _logger.info("A new master key is current: %s. Back the file up.", keys.current_id)
        self._trigger_rewrap()
        return keys.current_id

    @api.model
    def _trigger_rewrap(self):
        self.env.ref("hr_face_attendance.cron_face_rewrap").sudo()._trigger()

    @api.model
    def _waiting(self):
        """How many templates still need an earlier key."""
        domain = [("key_id", "!=", self._read().current_id)]
        return self.env["hr.face.template"].sudo().search_count(domain)

    @api.model
    def _cron_rewrap(self):
        """Step 2, batch by batch; what does not open is left as it is, and said."""
        templates = self.env["hr.face.template"].sudo()
        progress = self.env["ir.cron"]
        for model in SINGLE:
            self.env[model].sudo()._wrap_anew()
        progress._commit_progress(remaining=self._waiting())
        after, damaged = 0, []
        while batch := templates._to_rewrap(after, BATCH):
            damaged += batch._rewrap()
            after = batch[-1].id
            if not progress._commit_progress(len(batch)):
                break
        if damaged:
            _logger.error("Templates that do not open, enrol these people again: %s", damaged)

    @api.model
    def _drop_unused_keys(self):
        """Step 3. Returns how many keys were removed from the file.

        Waits for transactions that are sealing, then looks at what is committed: this
        transaction's own view may be older.
        """
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        sealed = [self.env[model].sudo() for model in ("hr.face.template", *SINGLE)]
        self.env.flush_all()
        needed = {key for model in sealed for key in model._key_ids()}
        with self.env.registry.cursor() as cr:
            cr.execute(
                "SELECT key_id FROM hr_face_template UNION SELECT key_id FROM hr_face_service_key"
                " WHERE expires_at IS NULL OR expires_at > now() AT TIME ZONE 'UTC'"
                " UNION SELECT key_id FROM hr_face_push_key"
            )
            needed |= {key for (key,) in cr.fetchall() if key}
        keys = self._keyring_for(needed)
        left = keys.only(needed)
        if left == keys:
            return 0
        removed = len(keys.keys) - len(left.keys)
        self._put(left, os.replace)
        _logger.info("Removed %s master keys that nothing needs.", removed)
        return removed

    @api.model
    def _rotation(self):
        """(keys in the file, templates that wait, all templates), or None without a good file."""
        try:
            keys = self._read()
        except ServerError:
            return None
        templates = self.env["hr.face.template"].sudo().search_count([])
        return len(keys.keys), self._waiting(), templates
