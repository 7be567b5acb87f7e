"""Aligned faces to templates, the same way for every model of the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from device_bridge.adapters.face_deepface.align import chip
from device_bridge.adapters.face_deepface.models import MIRROR, Model
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable, WeightsMissing

# One chip takes dlib's network 7.0 ms, four take 5.9 ms each, eight 5.6 ms; each costs
# 4 MB meanwhile.
BATCH = 4


class Network(Protocol):
    """What the embedder asks of a network; threads may call it at once."""

    def vectors(self, chips_rgb: ImageU8) -> NDArray[np.float32]:
        """(n, side, side, 3) uint8 RGB to (n, dimension) float32, of any length."""


class Embedder:
    """A FaceEmbedder; holds no state of a call, so threads may share it."""

    def __init__(self, model: Model, network: Network, *, mirrored: bool = False) -> None:
        """
        Args:
            mirrored: average each chip's vector with that of its mirror image. Twice
                the time for a wider gap between people. Such templates are a model
                of their own, so that they never meet the others.
        """
        self._alignment, self._network, self._mirrored = model.alignment, network, mirrored
        self.model = model.id + MIRROR if mirrored else model.id
        self.dimension = model.dimension

    def align(self, image_bgr: ImageU8, face: Face) -> ImageU8:
        """(side, side, 3) uint8 RGB. Raises FaceNotUsable for impossible landmarks."""
        return chip(image_bgr, face, self._alignment)

    def embed(self, chips_rgb: Sequence[ImageU8]) -> Vectors:
        """(n, dimension) float32, each row of length one; (0, dimension) for no chips.

        Raises:
            FaceNotUsable: a chip is not (side, side, 3) uint8, or the network finds
                nothing in it.
            WeightsMissing: the file is a network of another dimension.
        """
        shape = (self._alignment.side_px, self._alignment.side_px, 3)
        for picture in chips_rgb:
            if picture.shape != shape or picture.dtype != np.uint8:
                raise FaceNotUsable(f"a chip must be {shape} uint8, not {picture.shape}")
        batches = [
            self._embed(np.stack(chips_rgb[start : start + BATCH]))
            for start in range(0, len(chips_rgb), BATCH)
        ]
        return np.concatenate([np.zeros((0, self.dimension), np.float32), *batches])

    def _embed(self, chips_rgb: ImageU8) -> Vectors:
        vectors = self._unit_vectors(chips_rgb)
        if not self._mirrored:
            return vectors
        return unit_rows(vectors + self._unit_vectors(chips_rgb[:, :, ::-1]))

    def _unit_vectors(self, chips_rgb: ImageU8) -> Vectors:
        vectors = self._network.vectors(chips_rgb)
        if vectors.shape != (len(chips_rgb), self.dimension):
            raise WeightsMissing(
                f"the file of {self.model} is another network: it gives {vectors.shape[1:]} "
                f"numbers per face and {self.dimension} are expected"
            )
        return unit_rows(vectors)


def unit_rows(vectors: NDArray[np.float32]) -> Vectors:
    """Each row scaled to length one. Raises FaceNotUsable for rows without a direction."""
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    # Written so that a NaN fails, too.
    if not ((lengths > 0) & (lengths < np.inf)).all():
        raise FaceNotUsable("the network finds nothing in this face")
    return vectors / lengths
