"""What attack detection is made of, as rows of `models list`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from device_bridge.adapters.face_deepface import weight_files, weights
from device_bridge.adapters.face_deepface.landmarks68 import FILE, PACKAGE


def rows(home: Path) -> list[dict[str, Any]]:
    """Rows like those of the models; neither makes templates."""
    wrong = [name for name in weight_files.FASNET if weights.problem_of(home, name)]
    has_dlib = importlib.util.find_spec("dlib") is not None
    return [
        {
            "name": "fasnet",
            "model": "passive attack detection: two MiniFASNets",
            "alignment": "2.7 and 4 times the face's box, 80 px",
            "dimension": None,
            "files": f"absent or other ({', '.join(wrong)})" if wrong else "verified",
            "source": weight_files.FILES[weight_files.FASNET[0]].source,
            "licence": weight_files.FILES[weight_files.FASNET[0]].licence,
            "trained on": "Minivision's own pictures",
            "measured": False,
        },
        {
            "name": "landmarks68",
            "model": f"landmarks for the active challenge: {FILE}",
            "alignment": "aligned5, 300 px",
            "dimension": None,
            "files": "read from its package" if has_dlib else 'absent: pip install "…[liveness]"',
            "source": f"package {PACKAGE}",
            "licence": "made from iBUG 300-W: no commercial use",
            "trained on": "iBUG 300-W",
            "measured": False,
        },
    ]
