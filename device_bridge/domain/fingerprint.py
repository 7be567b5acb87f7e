"""Whether two frames show the same picture again, or somebody once more.

A camera that has frozen, or a recording that loops, gives frames that count once, though
each may have been compressed anew. A person who stands still must count each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.capture import Face, ImageU8

CELL_PX = 8
"""JPEG compresses squares of this side on their own; their means survive it best."""

MOST_CELLS = 16
"""Along each side, about the middle of the face: what a face of 128 pixels has."""

COPY_RMS = 0.2
"""Grey levels by which the means of copies differ at most, as a root mean square.

Frames compressed anew at quality 90 and above stay below; the noise of a live sensor
(σ of 2 and more) and a movement of a twentieth of a pixel stay above (docs/evaluation.md).
"""

# Of the blue, green and red of a row of CELL_PX pixels, in the mean of a cell.
_WEIGHTS = np.tile(np.array([0.114, 0.587, 0.299], np.float32), CELL_PX) / CELL_PX**2


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The coarse picture of a face and where it is.

    Attributes:
        column, row: of the first cell, counted from the picture's corner.
        means: (rows, columns) float32 grey levels.
    """

    column: int
    row: int
    means: NDArray[np.float32]

    def is_copy_of(self, other: Fingerprint) -> bool:
        """Whether both show the same picture, judged by the cells that both have.

        Half of the cells at least must be common: the detector may see the face some
        pixels off.
        """
        mine, theirs = self._common(other), other._common(self)
        if not mine.size or 2 * mine.size < max(self.means.size, other.means.size):
            return False
        return float(np.square(mine - theirs).mean()) <= COPY_RMS**2

    def _common(self, other: Fingerprint) -> NDArray[np.float32]:
        """My cells that the other has, too."""
        rows, columns = other.means.shape
        top, left = other.row - self.row, other.column - self.column
        return self.means[max(0, top) : max(0, top + rows), max(0, left) : max(0, left + columns)]


def is_copy(seen: Fingerprint, before: Iterable[Fingerprint]) -> bool:
    """Whether a picture was there before."""
    return any(seen.is_copy_of(other) for other in before)


def fingerprint(image_bgr: ImageU8, face: Face) -> Fingerprint:
    """Of the middle of a face; without cells for one that lies outside the picture."""
    height, width = (side // CELL_PX for side in image_bgr.shape[:2])
    x, y, box_width, box_height = face.box_px
    left, right = _span(x, box_width, width)
    top, bottom = _span(y, box_height, height)
    part = image_bgr[top * CELL_PX : bottom * CELL_PX, left * CELL_PX : right * CELL_PX]
    # Down first, whole rows at a time, then across: ten times quicker than both at once.
    rows = part.reshape(bottom - top, CELL_PX, (right - left) * CELL_PX * 3)
    down = rows.astype(np.float32).sum(axis=1)
    means = down.reshape(bottom - top, right - left, CELL_PX * 3) @ _WEIGHTS
    return Fingerprint(left, top, means)


def _span(start_px: float, length_px: float, cells: int) -> tuple[int, int]:
    """First cell and the one after the last of what a box covers, MOST_CELLS at most."""
    first, stop = round(start_px / CELL_PX), round((start_px + length_px) / CELL_PX)
    spare = max(0, stop - first - MOST_CELLS)
    first, stop = first + spare // 2, first + spare // 2 + min(stop - first, MOST_CELLS)
    first = min(max(first, 0), cells)
    return first, min(max(stop, first), cells)
