"""Files as people, and those who mean harm, may hand them in."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from PIL import Image

WIDTH, HEIGHT = 60, 40


def scene() -> np.ndarray[Any, Any]:
    """(40, 60, 3) RGB: red top left, green top right, blue below."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[:20, :30, 0] = rgb[:20, 30:, 1] = rgb[20:, :, 2] = 255
    return rgb


def encoded(form: str, picture: Any = None, **options: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(scene())
    file = io.BytesIO()
    image.save(file, form, **({"quality": 95} if form == "JPEG" else {}) | options)
    return file.getvalue()


def jpeg_turned(orientation: int) -> bytes:
    """The scene as a camera held differently stores it, so that it shows upright again."""
    stored = Image.fromarray(scene())
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded("JPEG", stored, exif=exif, subsampling=0)


def png_of(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that claims a size, whatever is in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", body or zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


def jpeg_of(width: int, height: int) -> bytes:
    """A real JPEG whose frame header claims another size."""
    data = bytearray(encoded("JPEG", subsampling=0))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def png_bomb(side: int) -> bytes:
    """A small file that is honest about how large it becomes."""
    return png_of(side, side, zlib.compress(bytes(side * (3 * side + 1)), 9))


def sixteen_bit() -> bytes:
    ok, data = cv2.imencode(".png", scene()[..., ::-1].astype(np.uint16) * 257)
    assert ok
    return bytes(data)
