"""FasNet: the way through DeepFace's registry, its box, threads, and what is absent."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from device_bridge.adapters.face_deepface import weight_files, weights
from device_bridge.adapters.face_deepface.fasnet import FasNet
from device_bridge.adapters.face_deepface.landmarks68 import Landmarks68
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.errors import FaceNotUsable, WeightsMissing

POINTS = np.zeros((5, 2), np.float32)


class Client:
    """Answers as told and remembers the area it was given."""

    def __init__(self, answer: tuple[bool, float] = (True, 0.9)) -> None:
        self.answer, self.areas = answer, []  # type: ignore[var-annotated]

    def analyze(self, img: ImageU8, facial_area: Any) -> tuple[bool, float]:
        self.areas.append(facial_area)
        return self.answer


@pytest.mark.parametrize(
    ("box", "area"),
    [
        ((10, 20, 50, 60), (10, 20, 50, 60)),
        ((-20, -10, 50, 60), (0, 0, 30, 50)),
        ((180, 80, 50, 60), (180, 80, 20, 20)),
    ],
    ids=["inside", "over the upper left", "over the lower right"],
)
def test_the_networks_see_the_part_that_the_picture_has(box: Any, area: Any) -> None:
    client = Client()
    FasNet(client).look(np.zeros((100, 200, 3), np.uint8), Face(box, POINTS, 0.9))
    assert client.areas == [area]


@pytest.mark.parametrize(
    "box",
    [(300, 20, 50, 60), (0, 0, 5, 5), (0, 0, -5, 50), (np.nan, 0, 50, 50), (0, 0, np.inf, np.nan)],
    ids=["outside", "tiny", "negative", "not a number", "infinite"],
)
def test_impossible_boxes_are_refused(box: Any) -> None:
    with pytest.raises(FaceNotUsable):
        FasNet(Client()).look(np.zeros((100, 200, 3), np.uint8), Face(box, POINTS, 0.9))


@pytest.mark.parametrize(("score", "kept"), [(0.5, 0.5), (1.0000001, 1.0)])
def test_the_score_is_a_probability(score: float, kept: float) -> None:
    face = Face((0, 0, 50, 50), POINTS, 0.9)
    look = FasNet(Client((False, score))).look(np.zeros((100, 100, 3), np.uint8), face)
    assert (look.is_real, look.score) == (False, kept)


def test_no_number_is_no_opinion() -> None:
    face = Face((0, 0, 50, 50), POINTS, 0.9)
    with pytest.raises(FaceNotUsable):
        FasNet(Client((True, np.nan))).look(np.zeros((100, 100, 3), np.uint8), face)


def random_network(seed: int) -> bytes:
    """A network of FasNet's inputs and outputs with random weights: no accuracy is meant."""
    weight = np.random.default_rng(seed).normal(0, 1e-4, (80 * 80 * 3, 3)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["image"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weight"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["classes"]),
        ],
        "random",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 80, 80, 3])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", 3])],
        [numpy_helper.from_array(weight, "weight")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


@pytest.fixture
def client(tmp_path: Path, weights_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """DeepFace's FasNet on random weights, as the registry would build it."""
    Registry(weights_home)  # sets DeepFace's environment, without which it must not be imported
    from device_bridge.adapters.face_deepface import fasnet_client

    for seed, name in enumerate(weight_files.FASNET):
        weights.put(weights.path_of(tmp_path, name), random_network(seed))
    monkeypatch.setattr(fasnet_client.folder_utils, "get_deepface_home", lambda: str(tmp_path))
    return fasnet_client.FasnetClient()


def test_it_is_deepfaces_own_and_runs_on_our_sessions(client: Any) -> None:
    from deepface.models.spoofing.onnx.FasNet import Fasnet

    assert isinstance(client, Fasnet)
    options = client.first_model.get_session_options()
    assert options.intra_op_num_threads == 1


def test_eight_threads_get_the_answers_of_one(client: Any) -> None:
    detector = FasNet(client)
    random = np.random.default_rng(0)
    images = [random.integers(0, 256, (200, 200, 3), np.uint8) for _ in range(40)]
    faces = [Face((x, 30, 60, 80), POINTS, 0.9) for x in range(40)]
    alone = [detector.look(image, face) for image, face in zip(images, faces, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detector.look, images * 5, faces * 5)) == alone * 5
    assert len({look.score for look in alone}) == 40


def test_without_weights_the_sentence_says_what_to_do(
    weights_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(weights_home)
    monkeypatch.setattr(registry, "_home", tmp_path)
    with pytest.raises(WeightsMissing, match=r"models fetch .*no gate .*can be opened"):
        registry.attack_detector()


def test_other_weights_than_those_published_are_refused(
    weights_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed, name in enumerate(weight_files.FASNET):
        weights.put(weights.path_of(tmp_path, name), random_network(seed))
    registry = Registry(weights_home)
    monkeypatch.setattr(registry, "_home", tmp_path)
    with pytest.raises(WeightsMissing, match="not the file expected"):
        registry.attack_detector()


def test_without_dlib_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(WeightsMissing, match=r"device-bridge\[liveness\]"):
        Landmarks68()


# DeepFace knows one home per process, so the real weights need a process of their own.
_ON_SAMPLES = """
import json, sys
from pathlib import Path
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
registry = Registry(Path(sys.argv[1]))
detector, fasnet = registry.detector(), registry.attack_detector()
found = {}
for path in sorted(Path(sys.argv[2]).glob("image_*.jpg")):
    image = read_image(path)
    look = fasnet.look(image, detector.detect(image)[0])
    found[path.stem] = look.is_bona_fide
print(json.dumps(found))
"""


def test_on_its_authors_three_samples_it_is_right(
    shared_data: Path, weights_home: Path, tmp_path: Path
) -> None:
    """With the real weights. Three samples establish nothing; they show it is wired right."""
    folder = weights.folder_of(tmp_path)
    folder.mkdir(parents=True)
    for source in (*weights.folder_of(weights_home).iterdir(), *shared_data.glob("weights/*")):
        if source.is_file() and not (folder / source.name).exists():
            (folder / source.name).symlink_to(source)
    command = [sys.executable, "-c", _ON_SAMPLES, str(tmp_path), str(shared_data / "spoof-samples")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == '{"image_F1": false, "image_F2": false, "image_T1": true}'
