"""DeepFace's networks, fed the way each was trained."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_bridge.adapters.face_deepface.models import Model
from device_bridge.domain.capture import ImageU8

Floats = NDArray[np.float32]


class DeepFaceNetwork:
    """A DeepFace client as the embedder's Network.

    DeepFace leaves colours and scaling to its caller, and by default scales to 0–1 for
    every network, which is what none of them but SFace's client was trained on.
    """

    def __init__(self, client: Any, model: Model, *, one_at_a_time: bool) -> None:
        """
        Args:
            client: a deepface FacialRecognition.
            one_at_a_time: the client may not be called by two threads at once.
        """
        from deepface.modules import preprocessing  # noqa: PLC0415 (set up by the registry)

        self._normalize_input = preprocessing.normalize_input
        self._client, self._model = client, model
        self._lock = threading.Lock() if one_at_a_time else None

    def vectors(self, chips_rgb: ImageU8) -> Floats:
        """(n, side, side, 3) uint8 RGB to (n, dimension) float32, of any length."""
        # One by one, because FaceNet's scaling takes mean and deviation of what it is given.
        batch = np.stack([self._scaled(chip) for chip in chips_rgb])
        if self._lock is None:
            found = self._client.forward(batch)
        else:
            with self._lock:
                found = self._client.forward(batch)
        return np.asarray(found, np.float32).reshape(len(chips_rgb), -1)

    def _scaled(self, chip_rgb: ImageU8) -> Floats:
        """(side, side, 3) float32 in the colours and range of the network's training."""
        ordered = chip_rgb if self._model.colours == "rgb" else chip_rgb[..., ::-1]
        # A copy that starts in 0–1, as DeepFace's function wants it: it works in place.
        pixels = ordered.astype(np.float32) / np.float32(255)
        return np.asarray(self._normalize_input(pixels, self._model.scaling), np.float32)
