"""Pictures from files that people give us: bounded, and turned the right way up.

The one reader for everything that comes from outside. Whatever is in the bytes, the answer
is a picture or ImageUnreadable, in bounded time and memory.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.image_headers import Header, read_header
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import ImageUnreadable

MOST_BYTES = 32 * 1024 * 1024
# Phones make JPEGs of 50 megapixels; from HALVED_PIXELS on they are decoded at half the
# size, because a face in them is large and the memory of a bridge is not.
MOST_JPEG_PIXELS = 50_000_000
HALVED_PIXELS = 16_000_000
# Other decoders cannot halve; each takes some eight bytes per pixel on the way.
MOST_PIXELS = 25_000_000
# Detection and alignment work in 16-bit coordinates.
LONGEST_SIDE_PX = 32_000

# What OpenCV has to say about a damaged file goes into our sentence, not onto the error
# stream, where the log is.
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


def read_image(path: Path) -> ImageU8:
    """(height, width, 3) uint8 BGR, EXIF orientation applied.

    Raises:
        ImageUnreadable: absent, empty, too large, cut short, or no picture.
    """
    try:
        with path.open("rb") as file:
            # One byte more tells "too large" even of a pipe or a file that grows.
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a name of a file"
        raise ImageUnreadable(f"{path} cannot be read: {reason}.") from error
    return decode_image(data, str(path))


def decode_image(data: bytes, name: str) -> ImageU8:
    """As `read_image`, of bytes; the header is checked before anything is decoded."""
    if not data:
        raise ImageUnreadable(f"{name} is empty.")
    if len(data) > MOST_BYTES:
        raise ImageUnreadable(f"{name} is larger than {MOST_BYTES // 2**20} MiB.")
    header = read_header(data)
    if header is None:
        raise ImageUnreadable(f"{name} is no JPEG, PNG, WebP, PGM or PPM picture.")
    _check(header, name)
    halve = header.format == "JPEG" and header.pixels > HALVED_PIXELS
    image = _decoded(data, cv2.IMREAD_REDUCED_COLOR_2 if halve else cv2.IMREAD_COLOR)
    if image is None:
        raise ImageUnreadable(f"{name} is damaged.")
    return image


def _check(header: Header, name: str) -> None:
    if not header.pixels:
        raise ImageUnreadable(f"{name} has no pixels.")
    most = MOST_JPEG_PIXELS if header.format == "JPEG" else MOST_PIXELS
    if header.pixels > most:
        raise ImageUnreadable(
            f"{name} has {header.pixels / 1e6:.0f} megapixels; {most // 10**6} are accepted."
        )
    if max(header.width, header.height) > LONGEST_SIDE_PX:
        raise ImageUnreadable(
            f"{name} has {header.width}×{header.height} pixels; "
            f"{LONGEST_SIDE_PX} a side are accepted."
        )
    if not header.complete:
        raise ImageUnreadable(f"{name} is cut short.")


def _decoded(data: bytes, mode: int) -> ImageU8 | None:
    """Eight bits and three channels, whatever is in the file; None if it cannot be read."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error:  # its decoders assert on some damage instead of returning nothing
        return None
    if image is None or image.dtype != np.uint8 or image.ndim != 3 or not image.size:
        return None
    return image.astype(np.uint8, copy=False)


def encode_jpeg(image_bgr: ImageU8, longest_side_px: int, quality: int = 90) -> bytes:
    """A JPEG, made smaller until no side is longer; a picture with no area gives no bytes."""
    height, width = image_bgr.shape[:2]
    if not height or not width:
        return b""
    scale = longest_side_px / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image_bgr = cv2.resize(image_bgr, size, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )
    _, encoded = cv2.imencode(".jpg", image_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()
