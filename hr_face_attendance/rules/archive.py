"""What of an uploaded zip may be unpacked: decided from its directory, before anything is.

Nothing of a zip is ever written to a file system; names are only words to find a person by.
"""

import stat
import struct
from dataclasses import dataclass

MOST_BYTES = 1 << 30
"""Of a zip."""
MOST_ENTRIES = 10_000
MOST_RATIO = 20
"""Unpacked to packed, of the whole zip. Photos hardly shrink; a bomb shrinks a thousandfold."""
MOST_PHOTO_BYTES = 7_500_000
"""Of one photo, unpacked: what the recognition service takes in one call, less the form."""

_END = b"PK\x05\x06"
_ZIP64 = b"PK\x06\x07"
_END_BYTES, _COMMENT_BYTES, _ZIP64_BYTES = 22, 65535, 20
_DIRECTORY_ENTRY_BYTES = 46 + 1024
_ENCRYPTED = 0x1
_UNIX = 3
_NOISE = frozenset({"__macosx", ".ds_store", "thumbs.db", "desktop.ini"})
_ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz", ".jar")


class Unacceptable(Exception):
    """The whole zip is refused. `args[0]` is one of the codes of `check_end` and `check`."""


@dataclass(frozen=True)
class Entry:
    """A line of a zip's directory, as zipfile.ZipInfo has it."""

    filename: str
    file_size: int
    compress_size: int
    flag_bits: int = 0
    create_system: int = 0
    external_attr: int = 0


def check_end(tail, size):
    """Whether the directory may be read at all.

    Args:
        tail: the last bytes of the zip, at most 64 KiB and a bit (`TAIL_BYTES`).
        size: of the zip, bytes.

    Raises:
        Unacceptable: too_large, not_a_zip, too_many.
    """
    if size > MOST_BYTES:
        raise Unacceptable("too_large")
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        raise Unacceptable("not_a_zip")
    _, _, _, entries, directory_bytes = struct.unpack_from("<HHHHI", tail, at + 4)
    # Zips of this size need no 64-bit directory; one that has it may say two different things.
    if tail[max(at - _ZIP64_BYTES, 0) : at].startswith(_ZIP64) or entries > MOST_ENTRIES:
        raise Unacceptable("too_many")
    if directory_bytes > MOST_ENTRIES * _DIRECTORY_ENTRY_BYTES:
        raise Unacceptable("too_many")


TAIL_BYTES = _END_BYTES + _COMMENT_BYTES + _ZIP64_BYTES


def check(entries, size):
    """Whether a zip of `size` bytes with this directory may be unpacked.

    Raises:
        Unacceptable: too_many, bomb.
    """
    if len(entries) > MOST_ENTRIES:
        raise Unacceptable("too_many")
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    # Entries that share their bytes pack one file into many; more is packed than there is.
    if unpacked > MOST_RATIO * max(size, 1) or packed > size:
        raise Unacceptable("bomb")


def is_noise(name):
    """What operating systems leave behind, and folders: nothing to report."""
    parts = name.replace("\\", "/").lower().split("/")
    return not parts[-1] or any(part in _NOISE for part in parts) or parts[-1].startswith("._")


def fault(entry):
    """Why this entry is left where it is, or None: it may be read."""
    mode = entry.external_attr >> 16 if entry.create_system == _UNIX else 0
    if not is_plain(entry.filename):
        return "unsafe_path"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "unsafe_path"  # a link, or a device
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted"
    if entry.filename.lower().endswith(_ARCHIVES):
        return "archive"
    return "too_large" if entry.file_size > MOST_PHOTO_BYTES else None


def is_plain(name):
    """Whether a name stays inside the zip, wherever somebody would unpack it."""
    parts = name.replace("\\", "/").split("/")
    return (
        not name.startswith(("/", "\\"))
        and ":" not in parts[0]
        and not any(part in ("", ".", "..") for part in parts)
        and name.isprintable()
    )
