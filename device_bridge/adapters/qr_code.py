"""QR codes in a picture, read by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from device_bridge.domain.capture import ImageU8

LONGEST_SIDE_PX = 1600
"""Larger pictures are made smaller first: the time for one is bounded."""


def read_qr_codes(image_bgr: ImageU8) -> list[str]:
    """The texts of the QR codes in a (height, width, 3) uint8 BGR picture; [] if there are none."""
    side = max(image_bgr.shape[:2])
    if side > LONGEST_SIDE_PX:
        scale = LONGEST_SIDE_PX / side
        smaller = cv2.resize(image_bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        image_bgr = smaller.astype(np.uint8, copy=False)
    try:
        found, texts, *_ = cv2.QRCodeDetector().detectAndDecodeMulti(image_bgr)
    except (cv2.error, UnicodeDecodeError):  # some damage it answers so; it is no code, then
        return []
    return [text for text in texts if text] if found else []
