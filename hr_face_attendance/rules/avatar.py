"""A picture that somebody uploaded, made harmless: decoded within bounds and encoded anew.

Nothing of the file itself is kept: no metadata (place, camera, time), no appended bytes, no
format with scripts in it.
"""

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 6 * 1024 * 1024
MAX_PIXELS = 40_000_000
"""A phone's largest ordinary photo; checked before anything is decoded."""
FORMATS = ("JPEG", "PNG")
"""Those that Odoo itself loads; phones turn theirs into JPEG when a page asks for that."""
SIDE_PX = 1024
QUALITY = 85


class NotAPicture(ValueError):
    """This cannot be somebody's picture; `reason` is one of "size", "format", "pixels"."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


def reencoded(content):
    """The picture as JPEG bytes, upright, its longer side at most SIDE_PX.

    Args:
        content: bytes of a JPEG or PNG file.

    Raises:
        NotAPicture
    """
    if not 0 < len(content) <= MAX_BYTES:
        raise NotAPicture("size")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise NotAPicture("pixels")
            # First of all: a JPEG is then decoded at a fraction of its size, not at 40 megapixels.
            image.thumbnail((SIDE_PX, SIDE_PX))
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPicture("pixels") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        if isinstance(error, NotAPicture):
            raise
        raise NotAPicture("format") from error
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()
