"""What a picture's header says, read without a decoder: format and size, or why it is refused.

Only the formats that people's photos come in; a decoder that is not here cannot be attacked.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
# ITU-T T.81, table B.1: markers that begin a frame, and those that stand alone.
_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
_SCAN = 0xDA
# Netpbm's header: sizes in decimal, with white space and comments between.
_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_PNM = re.compile(
    rb"P([56])" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,5})\s"
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a file claims to be.

    Attributes:
        complete: whether it goes on to its end; a decoder would fill the rest with grey.
    """

    format: str
    width: int
    height: int
    complete: bool

    @property
    def pixels(self) -> int:
        return self.width * self.height


def read_header(data: bytes) -> Header | None:
    """None if it is no picture that we accept, or not one that we can be sure about."""
    for begins, reader in _READERS.items():
        if data.startswith(begins):
            try:
                return reader(data)
            except (struct.error, IndexError):
                return None
    return None


def _jpeg(data: bytes) -> Header | None:
    """Walk the segments as a decoder does; where one could read them otherwise, give up."""
    at, size = 2, (0, 0)
    while True:
        marker = data[at + 1]
        if data[at] != 0xFF or marker in {0x00, 0xD8, 0xD9}:
            return None
        if marker == 0xFF:
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker == _SCAN:
            # Inside a scan every FF is followed by 00, so that this is the end of the picture.
            complete = data.find(b"\xff\xd9", at) >= 0
            return Header("JPEG", *size, complete) if size != (0, 0) else None
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if marker in _FRAME:
                if size != (0, 0):
                    return None
                height, width = struct.unpack_from(">HH", data, at + 5)
                size = (width, height)
            if length < 2:
                return None
            at += 2 + length


def _png(data: bytes) -> Header | None:
    length, kind, width, height = struct.unpack_from(">I4sII", data, len(_PNG))
    if kind != b"IHDR" or length != 13:
        return None
    at, complete = len(_PNG), False
    while not complete and at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        complete = kind == b"IEND" and at <= len(data)
    return Header("PNG", width, height, complete)


def _webp(data: bytes) -> Header | None:
    size, form, kind = struct.unpack_from("<I4s4s", data, 4)
    if form != b"WEBP":
        return None
    complete = size + 8 <= len(data)
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        [bits] = struct.unpack_from("<I", data, 21)
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
    else:
        return None
    return Header("WebP", width, height, complete)


def _pnm(data: bytes) -> Header | None:
    found = _PNM.match(data[:4096])
    if found is None:
        return None
    kind, width, height, most = (int(value) for value in found.groups())
    sample_bytes = (3 if kind == 6 else 1) * (1 if most < 256 else 2)
    complete = found.end() + width * height * sample_bytes <= len(data)
    return Header("PNM", width, height, complete)


_READERS: dict[bytes, Callable[[bytes], Header | None]] = {
    b"\xff\xd8\xff": _jpeg,
    _PNG: _png,
    b"RIFF": _webp,
    b"P5": _pnm,
    b"P6": _pnm,
}
