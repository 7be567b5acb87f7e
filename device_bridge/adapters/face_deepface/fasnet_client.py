"""DeepFace's FasNet on sessions of ours.

Only `registry` may import this module, as with `deepface_clients`.
"""

from __future__ import annotations

from pathlib import Path

from deepface.commons import folder_utils
from deepface.models.spoofing.onnx.FasNet import Fasnet

from device_bridge.adapters.face_deepface import weight_files, weights
from device_bridge.adapters.face_deepface.session import open_session


class FasnetClient(Fasnet):  # type: ignore[misc]
    """Both networks and `analyze` as DeepFace has them; it would download what is absent and
    let each session take every core."""

    def __init__(self) -> None:
        home = Path(folder_utils.get_deepface_home())
        self.first_model, self.second_model = (
            open_session(weights.path_of(home, name)) for name in weight_files.FASNET
        )
