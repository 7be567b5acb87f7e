"""Pictures from files that people give us: bounded, and turned the right way up."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np

from device_bridge.domain.capture import ImageU8
from device_bridge.errors import ImageUnreadable

MOST_BYTES = 32 * 1024 * 1024
MOST_PIXELS = 50_000_000


def read_image(path: Path) -> ImageU8:
    """(height, width, 3) uint8 BGR, EXIF orientation applied.

    Raises:
        ImageUnreadable: absent, empty, too large, or no picture.
    """
    try:
        size = path.stat().st_size
        if size == 0:
            raise ImageUnreadable(f"{path} is empty.")
        if size > MOST_BYTES:
            raise ImageUnreadable(f"{path} is larger than {MOST_BYTES // 2**20} MiB.")
        data = path.read_bytes()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str) -> ImageU8:
    """As `read_image`, of bytes; the header is checked before anything is decoded."""
    pixels = _declared_pixels(data)
    if pixels is None:
        raise ImageUnreadable(f"{name} is no JPEG or PNG picture.")
    if pixels > MOST_PIXELS:
        raise ImageUnreadable(f"{name} has {pixels // 10**6} megapixels; 50 are accepted.")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None or image.dtype != np.uint8:
        raise ImageUnreadable(f"{name} is damaged.")
    return image.astype(np.uint8, copy=False)


def _declared_pixels(data: bytes) -> int | None:
    """Width times height as the header says, None if it is neither JPEG nor PNG."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width) * int(height)
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:  # walk the JPEG segments to the frame header
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return int(width) * int(height)
        if marker == 0xFF:
            at += 1
        else:
            at += 2 + length
    return None
