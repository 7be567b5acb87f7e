import logging
import os
from pathlib import Path
from tempfile import mkstemp

from odoo import api, models
from odoo.tools import config

from ..rules import keyring
from ..rules.errors import ServerError

_logger = logging.getLogger(__name__)

ENVIRONMENT = "HR_FACE_KEY_FILE"
OPTION = "hr_face_key_file"
LOCK_KEY = 0x6661_6365_0002
"""The advisory lock of the key file ("face", 2): shared to seal, alone to remove a key."""


class HrFaceKey(models.AbstractModel):
    """The master key that wraps the key of every template.

    It is a file: 32 random bytes as base64, mode 0600, outside database and filestore, so
    that a stolen dump opens nothing. While keys are changed it holds several, the current
    one first (see hr_face_key_rotation). Where it is, first match wins:

    1. the environment variable ``HR_FACE_KEY_FILE``;
    2. the option ``hr_face_key_file`` of Odoo's configuration file;
    3. ``<data_dir>-keys/hr_face_attendance.key``: beside the data directory, not in it.

    The file is made in two cases only, and only while no template exists that would need
    another one: at the installation of the addon, and by an administrator in the settings.
    A file that is missing or lacks a key is a clear error, never a new key. Back it up
    apart from the database: without it every template is lost and people enrol again.
    """

    _name = "hr.face.key"
    _description = "Master Key of Face Templates"

    @api.model
    def _path(self):
        chosen = os.environ.get(ENVIRONMENT) or config.get(OPTION)
        if chosen:
            return Path(chosen)
        data_dir = Path(config["data_dir"])
        return data_dir.with_name(data_dir.name + "-keys") / "hr_face_attendance.key"

    @api.model
    def _read(self):
        """The keyring in the file.

        Raises:
            ServerError: the file is missing, unreadable or holds no key.
        """
        path = self._path()
        try:
            return keyring.parse(path.read_bytes())
        except FileNotFoundError as error:
            raise ServerError(
                f"The key file of the face templates is missing: {path}. Restore it from its backup."
            ) from error
        except OSError as error:
            raise ServerError(f"The key file {path} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise ServerError(f"The key file {path} is damaged: {error}.") from error

    @api.model
    def _keyring_for(self, ids):
        """The keyring, which must hold the keys that these ids name."""
        keys = self._read()
        foreign = set(ids) - set(keys.by_id())
        if foreign:
            raise ServerError(
                f"The key file {self._path()} lacks a key that templates were sealed with"
                f" ({', '.join(sorted(foreign))}). Restore that one."
            )
        return keys

    @api.model
    def _keyring_to_seal(self, ids):
        """As `_keyring_for`; no key is removed from the file until this transaction ends."""
        self.env.cr.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK_KEY])
        return self._keyring_for(ids)

    @api.model
    def _in_use(self):
        """The ids of the keys that what is sealed of people needs."""
        models_ = self.env["hr.face.sealed"]._sealed_models()
        return {key for model in models_ for key in model._key_ids()}

    @api.model
    def _status(self):
        """("ok" | "missing" | "wrong", sentence): what the settings show."""
        try:
            self._keyring_for(self._in_use())
        except ServerError as error:
            state = "wrong" if self._path().exists() else "missing"
            return state, error.message
        return "ok", str(self._path())

    @api.model
    def _create_if_unused(self):
        """Make the key file unless there is one, or templates exist that need the lost one."""
        path = self._path()
        if path.exists() or self._in_use():
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            # whole or not at all, and never over another one
            self._put(keyring.Keyring((keyring.new_key(),)), os.link)
        except FileExistsError:
            return False  # another worker was faster: its key is as good
        _logger.info("Made the key file of the face templates: %s. Back it up.", path)
        return True

    @api.model
    def _put(self, keys, place):
        """Write the keys durably beside the file, mode 0600, and `place` that over it."""
        path = self._path().resolve()
        handle, beside = mkstemp(dir=path.parent, prefix=".", suffix=".key")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(keys.text())
                file.flush()
                os.fsync(file.fileno())
            place(beside, path)
        finally:
            Path(beside).unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
