"""Bytes of a picture: decoded into bounded pixels, or refused with a sentence."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from device_bridge.adapters.images import MOST_JPEG_PIXELS, decode_image
from device_bridge.errors import ImageUnreadable
from tests.bridge.pictures import encoded, jpeg_turned, png_of, scene, sixteen_bit
from tests.fuzz.mutate import mutated

NAME = "images"
_PICTURE = Image.fromarray(scene())
SEEDS = [
    encoded("JPEG"),
    encoded("JPEG", progressive=True),
    encoded("JPEG", _PICTURE.convert("CMYK")),
    jpeg_turned(6),
    encoded("PNG"),
    encoded("PNG", _PICTURE.convert("P")),
    encoded("PNG", save_all=True, append_images=[Image.new("RGB", (60, 40))]),
    sixteen_bit(),
    png_of(60, 40),
    encoded("WebP"),
    encoded("WebP", lossless=True),
    encoded("WebP", save_all=True, append_images=[Image.new("RGB", (60, 40))]),
    encoded("PPM"),
    encoded("PPM", _PICTURE.convert("L")),
]


def examples() -> st.SearchStrategy[bytes]:
    return mutated(SEEDS) | st.binary(max_size=256)


def run(data: bytes) -> None:
    try:
        image = decode_image(data, "it")
    except ImageUnreadable as refused:
        if not str(refused).startswith("it ") or not str(refused).endswith("."):
            raise AssertionError(f"no sentence about it: {refused}") from refused
        return
    assert image.dtype == np.uint8
    assert image.ndim == 3
    assert image.shape[2] == 3
    assert 0 < image.shape[0] * image.shape[1] <= MOST_JPEG_PIXELS
