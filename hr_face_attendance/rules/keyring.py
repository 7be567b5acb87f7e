"""The file of master keys: one per line in base64, the current one first.

Only the first seals; the others are there to open what has not been wrapped anew yet.
"""

import base64
import binascii
import os
from dataclasses import dataclass

from .vault import KEY_BYTES, key_id


@dataclass(frozen=True)
class Keyring:
    """Master keys, the current one first; never empty, none twice."""

    keys: tuple[bytes, ...]

    @property
    def current(self):
        return self.keys[0]

    @property
    def current_id(self):
        return key_id(self.current)

    def by_id(self):
        return {key_id(key): key for key in self.keys}

    def with_new(self):
        """A new current key before the ones there are."""
        return Keyring((new_key(), *self.keys))

    def only(self, needed):
        """The current key, and the others among these ids."""
        return Keyring(
            (self.current, *(key for key in self.keys[1:] if key_id(key) in set(needed)))
        )

    def text(self):
        """The content of the file."""
        return b"".join(base64.b64encode(key) + b"\n" for key in self.keys)


def new_key():
    return os.urandom(KEY_BYTES)


def parse(content):
    """The keyring in the bytes of a file. Empty lines and lines that begin with # are skipped.

    Raises:
        ValueError: a line that is no key, a key twice, or no key at all.
    """
    lines = [line.strip() for line in content.splitlines()]
    keys = []
    for line in lines:
        if not line or line.startswith(b"#"):
            continue
        try:
            key = base64.b64decode(line, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a line is not a key of {KEY_BYTES} bytes in base64")
        keys.append(key)
    if not keys or len(set(keys)) < len(keys):
        raise ValueError("it holds no key" if not keys else "it holds a key twice")
    return Keyring(tuple(keys))
