import logging
import os

from odoo import api, models

from ..rules.errors import ServerError
from .hr_face_key import LOCK_KEY

_logger = logging.getLogger(__name__)

BATCH = 500
SINGLE = ("hr.face.service.key", "hr.face.push.key")
"""Beside what is sealed in bulk: models with a few secrets (hr.face.key.secret)."""


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
        keys = self._keyring_for(self._in_use()).with_new()
        self._put(keys, os.replace)
        _logger.info("A new master key is current: %s. Back the file up.", keys.current_id)
        self._trigger_rewrap()
        return keys.current_id

    @api.model
    def _trigger_rewrap(self):
        self.env.ref("hr_face_attendance.cron_face_rewrap").sudo()._trigger()

    @api.model
    def _waiting(self):
        """How many templates and images still need an earlier key."""
        domain = [("key_id", "!=", self._read().current_id)]
        return sum(model.search_count(domain) for model in self._sealed_models())

    @api.model
    def _sealed_models(self):
        return self.env["hr.face.sealed"]._sealed_models()

    @api.model
    def _cron_rewrap(self):
        """Step 2, batch by batch; what does not open is left as it is, and said."""
        for model in SINGLE:
            self.env[model].sudo()._wrap_anew()
        self.env["ir.cron"]._commit_progress(remaining=self._waiting())
        for model in self._sealed_models():
            if not self._rewrap_all(model):
                break

    @api.model
    def _rewrap_all(self, model):
        """Returns whether there is time left."""
        time_left, after, damaged = True, 0, []
        while time_left and (batch := model._to_rewrap(after, BATCH)):
            damaged += batch._rewrap()
            after = batch[-1].id
            time_left = self.env["ir.cron"]._commit_progress(len(batch))
        if damaged:
            _logger.error(
                "%s: these do not open, enrol the people again: %s", model._description, damaged
            )
        return time_left

    @api.model
    def _drop_unused_keys(self):
        """Step 3. Returns how many keys were removed from the file.

        Waits for transactions that are sealing, then looks at what is committed: this
        transaction's own view may be older.
        """
        self.env.cr.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        self.env.flush_all()
        needed = self._needed()
        with self.env.registry.cursor() as cr:
            needed |= self.with_env(self.env(cr=cr))._needed()
        keys = self._keyring_for(needed)
        left = keys.only(needed)
        if left == keys:
            return 0
        removed = len(keys.keys) - len(left.keys)
        self._put(left, os.replace)
        _logger.info("Removed %s master keys that nothing needs.", removed)
        return removed

    @api.model
    def _needed(self):
        """As this transaction sees it."""
        single = {key for model in SINGLE for key in self.env[model].sudo()._key_ids()}
        return self._in_use() | single

    @api.model
    def _rotation(self):
        """(keys in the file, what waits, everything sealed), or None without a good file."""
        try:
            keys = self._read()
        except ServerError:
            return None
        everything = sum(model.search_count([]) for model in self._sealed_models())
        return len(keys.keys), self._waiting(), everything
