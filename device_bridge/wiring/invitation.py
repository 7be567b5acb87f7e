"""An invitation to pair, held up to a camera or in a picture's file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from device_bridge.adapters.images import read_image
from device_bridge.adapters.qr_code import read_qr_codes
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.invitation import Invitation, read_invitation
from device_bridge.errors import InvitationUnusable
from device_bridge.wiring.cameras import open_alone

MOST_FRAMES = 900
"""Half a minute of a camera; whoever wants longer starts anew."""
_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".pgm", ".ppm"}


def invitation_from(source: str, meant: str) -> Invitation:
    """What the first QR code says that is seen.

    Args:
        source: a picture's file, or a camera as in the settings.
        meant: as in `read_invitation`.

    Raises:
        InvitationUnusable, ImageUnreadable, CameraUnreadable, CameraLost, SettingsError
    """
    for image in _pictures(source):
        texts = read_qr_codes(image)
        if len(texts) > 1:
            raise InvitationUnusable("There is more than one QR code; show one.")
        if texts:
            return read_invitation(texts[0], meant)
    raise InvitationUnusable("No QR code was seen.")


def _pictures(source: str) -> Iterator[ImageU8]:
    if Path(source).suffix.lower() in _PICTURES and "://" not in source:
        yield read_image(Path(source).expanduser())
        return
    with closing(open_alone(source, SystemClock())) as camera:
        for frame in islice(camera.frames(), MOST_FRAMES):
            yield frame.image_bgr
