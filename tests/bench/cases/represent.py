"""A picture to templates: our engine against DeepFace.represent, and what makes the difference."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from device_bridge.adapters.face_deepface.embedder import Embedder
from device_bridge.adapters.face_deepface.models import DEFAULT
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.template import Vectors
from tests.bench.measure import Result, Setup, interleave, ratio
from tests.bench.subjects import (
    FOUR_FACES,
    ONE_FACE,
    DeepFaceSide,
    Ours,
    Side,
    known_pairs,
    must_agree,
    open_registry,
    pairs_in,
    scene,
    verify,
)

# DeepFace's own unit-test photos, where a developer has put them beside the clone.
MORE_PAIRS = Path(__file__).parents[4] / "shared" / "data" / "deepface-pairs"
_NOTHING = "no-network"


class NoNetwork:
    """Stands in for a network, on both sides, to see what everything else costs."""

    model_name = _NOTHING
    input_shape = (150, 150)
    output_shape = DEFAULT.dimension

    def forward(self, img: Any) -> Any:
        """DeepFace's contract: one list, or a list of lists."""
        vectors = [[0.0] * DEFAULT.dimension for _ in img]
        return vectors[0] if len(vectors) == 1 else vectors

    def vectors(self, chips_rgb: ImageU8) -> Vectors:
        """The contract of our embedder's network."""
        return np.ones((len(chips_rgb), DEFAULT.dimension), np.float32)


def measure(setup: Setup) -> Result:
    registry = open_registry(setup)
    ours, deepface, same_network = Ours(registry), DeepFaceSide(), DeepFaceSide(DEFAULT.id)
    one = scene(ours, setup.faces, ONE_FACE)
    four = scene(ours, setup.faces, FOUR_FACES)
    for side in (deepface, same_network):
        must_agree(one, ours, side, faces=1)
        must_agree(four, ours, side, faces=4)
    result = Result(raw={"verification": _verification(setup, [ours, deepface])})
    for faces, image in ((1, one), (4, four)):
        sides: list[Side] = [ours, deepface, same_network]
        rows = interleave(
            f"a picture to templates, {faces} face{'s' * (faces > 1)}",
            {side.name: partial(side.represent, image) for side in sides},
            setup.rounds,
        )
        named = f"{faces}face{'s' * (faces > 1)}"
        result.raw[f"represent_{named}_480p"] = rows
        result.keys[f"represent_ratio_{named}_480p_1thread"] = ratio(rows, deepface.name, ours.name)
        if faces == 1:
            result.keys["represent_ratio_same_network"] = ratio(rows, same_network.name, ours.name)
    rows = _without_network(ours, one, setup.rounds)
    result.raw["pipeline_1face_480p"] = rows
    result.keys["pipeline_ratio_without_embedding"] = ratio(rows, "DeepFace", "ours")
    return result


def _without_network(ours: Ours, image: ImageU8, rounds: int) -> dict[str, Any]:
    from deepface.modules import modeling

    modeling.AVAILABLE_MODELS["facial_recognition"][_NOTHING] = {
        modeling.ANY: f"{__name__}.{NoNetwork.__name__}"
    }
    deepface = DeepFaceSide(_NOTHING)
    embedder = Embedder(DEFAULT, NoNetwork())

    def detect_and_align() -> Vectors:
        faces = ours.detector.detect(image)
        return embedder.embed([embedder.align(image, face) for face in faces])

    return interleave(
        "the same without the network",
        {"ours": detect_and_align, "DeepFace": lambda: deepface.represent(image)},
        rounds,
    )


def _verification(setup: Setup, sides: list[Side]) -> dict[str, Any]:
    """Speed counts only if both sides tell people apart; more photos are judged if present."""
    report: dict[str, Any] = {}
    for side in sides:
        report[side.name] = verify(setup.faces, known_pairs(), side)
        if report[side.name]["wrong"]:
            raise SystemExit(f"{side.name} misjudges {report[side.name]['wrong']}.")
    if MORE_PAIRS.is_dir():
        more = pairs_in(MORE_PAIRS)
        report["deepface-pairs"] = {side.name: verify(MORE_PAIRS, more, side) for side in sides}
    return report
