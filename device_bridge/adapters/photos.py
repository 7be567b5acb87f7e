"""Photos as data sets have them: what the bridge reads, and portable grey maps and bitmaps."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.images import MOST_BYTES, MOST_PIXELS, read_image
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import ImageUnreadable

# "P5 92 112 255" and its like, with comments in between.
_NETPBM = re.compile(rb"P[2356](?:\s+|\s*#[^\n]*\n)+(\d{1,9})(?:\s+|\s*#[^\n]*\n)+(\d{1,9})\s")


def read_photo(path: Path) -> ImageU8:
    """(height, width, 3) uint8 BGR, EXIF orientation applied.

    Raises:
        ImageUnreadable: absent, empty, too large, or no picture.
    """
    try:
        with path.open("rb") as file:
            head = file.read(512)
            pixels = _netpbm_pixels(head) or _bitmap_pixels(head)
            if pixels is None or pixels > MOST_PIXELS or path.stat().st_size > MOST_BYTES:
                return read_image(path)
            data = head + file.read()
    except OSError as error:
        raise ImageUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None or image.dtype != np.uint8:
        raise ImageUnreadable(f"{path} is damaged.")
    return image.astype(np.uint8, copy=False)


def _netpbm_pixels(head: bytes) -> int | None:
    found = _NETPBM.match(head)
    return int(found[1]) * int(found[2]) if found else None


def _bitmap_pixels(head: bytes) -> int | None:
    if head[:2] != b"BM" or len(head) < 26:
        return None
    width, height = struct.unpack("<ii", head[18:26])
    return abs(int(width) * int(height))
