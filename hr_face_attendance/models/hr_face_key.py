import base64
import binascii
import logging
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from odoo import api, models
from odoo.tools import config

from ..rules.errors import ServerError
from ..rules.vault import KEY_BYTES, key_id

_logger = logging.getLogger(__name__)

ENVIRONMENT = "HR_FACE_KEY_FILE"
OPTION = "hr_face_key_file"


class HrFaceKey(models.AbstractModel):
    """The master key that wraps the key of every template.

    It is a file: 32 random bytes as base64, mode 0600, outside database and filestore, so
    that a stolen dump opens nothing. Where it is, first match wins:

    1. the environment variable ``HR_FACE_KEY_FILE``;
    2. the option ``hr_face_key_file`` of Odoo's configuration file;
    3. ``<data_dir>-keys/hr_face_attendance.key``: beside the data directory, not in it.

    The file is made in two cases only, and only while no template exists that would need
    another one: at the installation of the addon, and by an administrator in the settings.
    A file that is missing or is another key is a clear error, never a new key. Back it up
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
        """The master key.

        Raises:
            ServerError: the file is missing, unreadable or holds no key.
        """
        path = self._path()
        try:
            key = base64.b64decode(path.read_bytes().strip(), validate=True)
        except FileNotFoundError as error:
            raise ServerError(
                f"The key file of the face templates is missing: {path}. Restore it from its backup."
            ) from error
        except OSError as error:
            raise ServerError(f"The key file {path} cannot be read: {error.strerror}.") from error
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ServerError(f"{path} does not hold a key of {KEY_BYTES} bytes in base64.")
        return key

    @api.model
    def _key_for(self, ids):
        """The master key, which must be the one these key ids name."""
        key = self._read()
        foreign = set(ids) - {key_id(key)}
        if foreign:
            raise ServerError(
                f"The key file {self._path()} is another key than the one the templates were sealed"
                f" with ({', '.join(sorted(foreign))}). Restore that one."
            )
        return key

    @api.model
    def _status(self):
        """("ok" | "missing" | "wrong", sentence): what the settings show."""
        try:
            self._key_for(self.env["hr.face.template"].sudo()._key_ids())
        except ServerError as error:
            state = "wrong" if self._path().exists() else "missing"
            return state, error.message
        return "ok", str(self._path())

    @api.model
    def _create_if_unused(self):
        """Make the key file unless there is one, or templates exist that need the lost one."""
        path = self._path()
        if path.exists() or self.env["hr.face.template"].sudo()._key_ids():
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".key") as file:  # mode 0600
            file.write(base64.b64encode(os.urandom(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            try:
                os.link(file.name, path)  # whole or not at all, and never over another one
            except FileExistsError:
                return False  # another worker was faster: its key is as good
        _logger.info("Made the key file of the face templates: %s. Back it up.", path)
        return True
