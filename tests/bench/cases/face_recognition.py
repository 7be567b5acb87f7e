"""Against the package `face_recognition`, if the registry gives it to this machine."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.bench.measure import Result, Setup, interleave, ratio, say
from tests.bench.subjects import ONE_FACE, Ours, open_registry, scene

# Its own requirement, dlib, would be compiled for minutes; the wheel dlib-bin is the same.
REQUIREMENT = "face_recognition==1.3.0"


def measure(setup: Setup) -> Result:
    """A picture to a template: its `face_encodings` at its defaults (HOG detector)."""
    peer = _import(setup.scratch)
    if peer is None:
        say("  face_recognition cannot be had here; its ratio is left out.")
        return Result()
    ours = Ours(open_registry(setup))
    image = scene(ours, setup.faces, ONE_FACE)
    rgb = np.ascontiguousarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
    if not len(peer.face_encodings(rgb)) == len(ours.represent(image)) == 1:
        raise SystemExit("face_recognition and we do not see the same face")
    rows = interleave(
        "a picture to a template",
        {
            "ours": lambda: ours.represent(image),
            "face_recognition": lambda: peer.face_encodings(rgb),
        },
        setup.rounds,
    )
    return Result(
        keys={"face_recognition_ratio": ratio(rows, "face_recognition", "ours")},
        raw={"face_recognition_480p": rows},
    )


def _import(scratch: Path) -> Any:
    """The package, installed into a folder of this run; None if it cannot be."""
    if importlib.util.find_spec("face_recognition") is None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        done = subprocess.run(
            [*command, "--target", str(scratch / "peer"), REQUIREMENT],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            return None
        sys.path.append(str(scratch / "peer"))
    _stand_in_for_pkg_resources()
    import face_recognition

    return face_recognition


def _stand_in_for_pkg_resources() -> None:
    """Its models' package asks for a module that setuptools no longer has."""
    if importlib.util.find_spec("pkg_resources") is not None:
        return
    module = types.ModuleType("pkg_resources")

    def resource_filename(package: str, name: str) -> str:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        return str(Path(spec.origin).parent / name)

    module.__dict__["resource_filename"] = resource_filename
    sys.modules["pkg_resources"] = module
