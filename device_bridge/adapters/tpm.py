"""The half of the storage key that this machine's security chip keeps: `state.unlock = "tpm"`.

The half is sealed under the chip's storage root key (TCG TPM 2.0, TPM2_Create and TPM2_Unseal, by
tpm2-tools); what lies on the disk is of no use without this very chip. It is bound to the chip and
to nothing else, so firmware may be updated; whoever takes the whole machine takes the chip along.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from device_bridge.errors import SettingsError

_HALF_BYTES = 32
_TIMEOUT_S = 30.0
_WAY_OUT = 'choose state.unlock = "server" or "local"'


class TpmHalf:
    """Made here the first time that it is asked for.

    Args:
        file: where the sealed half lies.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self) -> bytes:
        """Raises SettingsError: there is no chip, or this half is another one's."""
        with TemporaryDirectory(prefix="tpm-") as folder:
            try:
                return self._open(Path(folder)) if self._file.exists() else self._make(Path(folder))
            finally:
                _flush(folder)

    def forget(self) -> None:
        """What waits for Odoo is sealed under this half, too: it stays. Faces are erased apart."""

    def _make(self, folder: Path) -> bytes:
        half = secrets.token_bytes(_HALF_BYTES)
        _primary(folder)
        _tool(folder, "create", *_IN_PRIMARY, "--sealing-input=-", *_SEALED, given=half)
        parts = {name: _text(folder / name) for name in ("public", "private")}
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self._file.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(parts, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._file)
        return half

    def _open(self, folder: Path) -> bytes:
        try:
            parts = json.loads(self._file.read_text())
            for name in ("public", "private"):
                (folder / name).write_bytes(base64.b64decode(parts[name], validate=True))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"{self._file} is damaged: {error}. Pair anew.") from error
        _primary(folder)
        _tool(folder, "load", *_IN_PRIMARY, *_SEALED, "--key-context=sealed")
        _flush(folder)
        half = _tool(folder, "unseal", "--object-context=sealed")
        if len(half) != _HALF_BYTES:
            raise SettingsError(f"{self._file} holds no half of ours. Pair anew.")
        return half


_IN_PRIMARY = ("--parent-context=primary",)
_SEALED = ("--public=public", "--private=private")


def _primary(folder: Path) -> None:
    """The storage root key: the chip makes the same one every time (ECC NIST P-256, SHA-256)."""
    options = ("--hierarchy=o", "--hash-algorithm=sha256", "--key-algorithm=ecc")
    _tool(folder, "createprimary", *options, "--key-context=primary")


def _flush(folder: Path | str) -> None:
    """A chip has room for three objects, which the kernel's resource manager would see to."""
    _tool(folder, "flushcontext", "--transient-object", fails=True)


def _tool(
    folder: Path | str, name: str, *options: str, given: bytes = b"", fails: bool = False
) -> bytes:
    quiet = () if name in {"unseal", "flushcontext"} else ("--quiet",)
    try:
        done = subprocess.run(
            [f"tpm2_{name}", *quiet, *options],
            cwd=folder,
            input=given,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise SettingsError(
            f"tpm2-tools is not installed here: install it, or {_WAY_OUT}."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise SettingsError("The security chip does not answer.") from error
    if done.returncode and not fails:
        said = (done.stderr.decode(errors="replace").strip() or "no word").splitlines()[0][:200]
        raise SettingsError(
            f"The security chip refused tpm2_{name} ({said}); if there is none, {_WAY_OUT}."
        )
    return done.stdout


def _text(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
