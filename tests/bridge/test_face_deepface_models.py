"""Every model by name, on its own alignment and scaling; other detectors; nothing ever mixed.

The networks here have random weights (random_networks.py): this is about the path, not accuracy.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface import (
    align,
    detectors,
    models,
    registry,
    weight_files,
    weights,
)
from device_bridge.adapters.face_deepface.detectors import DeepFaceDetector
from device_bridge.adapters.face_deepface.models import Model
from device_bridge.adapters.face_deepface.networks import DeepFaceNetwork
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.face_deepface.yunet import DetectionSettings
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.quality import Defect, assess
from device_bridge.errors import (
    FaceNotUsable,
    ImageUnreadable,
    ModelMismatch,
    SettingsError,
    WeightsMissing,
)
from device_bridge.pipeline.observe import Observer
from tests.bridge import random_networks

# Those that DeepFace has clients for; the others' weights are real where they are tested.
OTHERS = [model for model in models.MODELS if model.scaling != "none"]
by_name = pytest.mark.parametrize("model", OTHERS, ids=lambda model: model.name)


@pytest.fixture(scope="module")
def home(weights_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    weights.folder_of(home).mkdir(parents=True)
    for name in weight_files.DEFAULT:
        weights.path_of(home, name).symlink_to(weights.path_of(weights_home, name))
    for model in OTHERS:
        random_networks.write(home, model)
    return home


@pytest.fixture(scope="module")
def engine(home: Path) -> Iterator[Registry]:
    """A registry of its own for this module: a process otherwise has one home."""
    from deepface.modules import modeling

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "_used", None)
        patch.setenv("DEEPFACE_HOME", str(home))
        patch.setattr(
            modeling,
            "cached_models",
            {task: {} for task in modeling.AVAILABLE_MODELS},
            raising=False,
        )
        # SFace's checksum is known, and random numbers do not have it.
        [name] = models.SFACE.files["onnx"]
        sha256 = weights.sha256_of(weights.path_of(home, name))
        patch.setitem(weight_files.FILES, name, replace(weight_files.FILES[name], sha256=sha256))
        yield Registry(home)


@pytest.fixture(scope="module")
def photo(faces_dir: Path) -> ImageU8:
    image = cv2.imread(str(faces_dir / "face-api" / "sample1.jpg"))
    assert image is not None
    return image.astype(np.uint8, copy=False)


@by_name
def test_a_model_is_chosen_by_either_name_and_gives_unit_templates(
    engine: Registry, photo: ImageU8, model: Model
) -> None:
    embedder = engine.embedder(model.name)
    assert (embedder.model, embedder.dimension) == (model.id, model.dimension)
    chips = [embedder.align(photo, face) for face in engine.detector().detect(photo)]
    assert {chip.shape for chip in chips} == {(model.alignment.side_px,) * 2 + (3,)}
    vectors = embedder.embed(chips)
    assert vectors.shape == (3, model.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert engine.embedder(model.id).embed(chips).tobytes() == vectors.tobytes()
    # FaceNet's scaling looks at one face at a time, so company changes nothing.
    assert embedder.embed(chips[1:2])[0] == pytest.approx(vectors[1], abs=1e-5)


@by_name
def test_deepfaces_own_client_gives_the_same_vector(
    engine: Registry, photo: ImageU8, model: Model
) -> None:
    """Its class with its session and its download path, on the pixels that ours is fed."""
    from deepface.modules import modeling, preprocessing

    embedder = engine.embedder(model.name)
    chip = embedder.align(photo, engine.detector().detect(photo)[0])
    ordered = chip if model.colours == "rgb" else chip[..., ::-1]
    pixels = preprocessing.normalize_input(ordered.astype(np.float32) / 255, model.scaling)
    client = modeling.get_model_class("facial_recognition", model.name)()
    theirs = np.array(client.forward(pixels[None]), np.float32)
    [ours] = embedder.embed([chip])
    assert ours @ theirs / np.linalg.norm(theirs) == pytest.approx(1, abs=1e-5)


# What the network gets for a chip of red 10, green 20, blue 30: first pixel's channels.
FED = {
    "Facenet512": [10 / 127.5 - 1, 20 / 127.5 - 1, 30 / 127.5 - 1],
    "ArcFace": [(10 - 127.5) / 128, (20 - 127.5) / 128, (30 - 127.5) / 128],
    "GhostFaceNet": [(10 - 127.5) / 128, (20 - 127.5) / 128, (30 - 127.5) / 128],
    "SFace": [30 / 255, 20 / 255, 10 / 255],
    "VGG-Face": [30 - 93.5940, 20 - 104.7624, 10 - 129.1863],
    "Facenet": [-np.sqrt(1.5), 0, np.sqrt(1.5)],
}


@by_name
def test_a_network_gets_the_colours_and_the_range_of_its_training(model: Model) -> None:
    seen: list[np.ndarray] = []

    def forward(batch: np.ndarray) -> list[float]:
        seen.append(batch)
        return [1.0] * model.dimension

    side = model.alignment.side_px
    chip = np.full((1, side, side, 3), [10, 20, 30], np.uint8)
    DeepFaceNetwork(SimpleNamespace(forward=forward), model, one_at_a_time=False).vectors(chip)
    assert seen[0].shape == (1, side, side, 3)
    assert seen[0].dtype == np.float32
    assert seen[0][0, 0, 0] == pytest.approx(FED[model.name], abs=1e-4)


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_arcfaces_points_land_on_insightfaces(scale: float) -> None:
    points = (align.ARCFACE_POINTS * scale + [200, 100]).astype(np.float32)
    matrix = align.ARCFACE.matrix(Face((0, 0, 1, 1), points, 1))
    landed = points @ matrix[:, :2].T + matrix[:, 2]
    assert landed == pytest.approx(align.ARCFACE_POINTS, abs=1e-3)


@pytest.mark.parametrize(
    ("alignment", "corners"),
    [
        # A box of 100×128 at (300, 200), 1.25 times as large: from (287.5, 184) to (412.5, 344).
        pytest.param(align.MTCNN_BOX, [(287.5, 184), (412.5, 344)], id="FaceNet, squeezed"),
        # A square of 1.1 times the sides' mean, 125.4, around the middle.
        pytest.param(align.VGG_BOX, [(287.3, 201.3), (412.7, 326.7)], id="VGG-Face, square"),
    ],
)
def test_a_box_is_cut_with_its_margin(
    alignment: align.Box, corners: list[tuple[float, float]]
) -> None:
    face = Face((300, 200, 100, 128), np.full((5, 2), np.nan, np.float32), 1)
    matrix = alignment.matrix(face)
    # Pixel centres: the chip's first corner is half a pixel before its first centre.
    landed = (np.array(corners) - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    assert landed == pytest.approx(np.array([(0, 0), (alignment.side_px,) * 2]), abs=0.01)


@pytest.mark.parametrize(
    "box", [(0, 0, np.nan, 9), (np.inf, 0, 9, 9), (0, 0, 0, 9), (0, 0, 9, -1)], ids=str
)
def test_impossible_boxes_are_refused(engine: Registry, photo: ImageU8, box: Any) -> None:
    with pytest.raises(FaceNotUsable, match="box"):
        engine.embedder("Facenet").align(photo, Face(box, np.zeros((5, 2), np.float32), 1))


def test_eight_threads_on_every_model_get_the_answers_of_one(
    engine: Registry, photo: ImageU8
) -> None:
    faces = engine.detector().detect(photo)
    work = []
    for model in (models.DEFAULT, *OTHERS):
        embedder = engine.embedder(model.name)
        for face in faces:
            chip = embedder.align(photo, face)
            work.append((embedder, chip, embedder.embed([chip]).tobytes()))
    wrong: list[str] = []

    def repeat(offset: int) -> None:
        for embedder, chip, expected in work[offset:] + work[:offset]:
            if embedder.embed([chip]).tobytes() != expected:
                wrong.append(embedder.model)

    threads = [threading.Thread(target=repeat, args=(2 * offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_templates_of_two_models_never_meet_even_of_one_dimension(engine: Registry) -> None:
    sface, dlib = engine.embedder("SFace"), engine.embedder("Dlib")
    assert sface.dimension == dlib.dimension
    with pytest.raises(ModelMismatch, match=r"sface@5p112.* are never compared"):
        Observer(engine.detector(), sface, MatrixGallery(dlib.model, dlib.dimension))
    mirrored = engine.embedder("SFace+mirror")
    with pytest.raises(ModelMismatch, match="mirror"):
        Observer(engine.detector(), mirrored, MatrixGallery(sface.model, sface.dimension))
    assert Observer(engine.detector(), sface, MatrixGallery(sface.model, sface.dimension))


def test_a_file_that_is_another_network_is_named(
    engine: Registry, photo: ImageU8, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = engine.embedder("Facenet")
    chip = embedder.align(photo, engine.detector().detect(photo)[0])
    monkeypatch.setattr(embedder, "dimension", 512)
    with pytest.raises(WeightsMissing, match="is another network"):
        embedder.embed([chip])


@pytest.mark.parametrize("vector", [[0.0] * 128, [np.nan] * 128, [np.inf] * 128], ids=str)
def test_a_vector_without_direction_is_no_template(vector: list[float]) -> None:
    from device_bridge.adapters.face_deepface.embedder import Embedder

    network = DeepFaceNetwork(
        SimpleNamespace(forward=lambda batch: vector), models.SFACE, one_at_a_time=False
    )
    with pytest.raises(FaceNotUsable, match="finds nothing"):
        Embedder(models.SFACE, network).embed([np.zeros((112, 112, 3), np.uint8)])


def test_unknown_names_are_answered_with_the_closest(engine: Registry) -> None:
    with pytest.raises(SettingsError, match="did you mean 'Facenet512'"):
        engine.embedder("FaceNet512")
    with pytest.raises(SettingsError, match="did you mean 'mtcnn'"):
        engine.detector(name="mtcn")


def test_what_is_not_installed_is_named(engine: Registry, home: Path) -> None:
    with pytest.raises(SettingsError, match=r"pip install \"device-bridge\[tensorflow\]\""):
        engine.detector(name="mtcnn")
    with pytest.raises(SettingsError, match="the backend needs the package tensorflow"):
        Registry(home, "tensorflow")
    with pytest.raises(WeightsMissing, match=r"models fetch deploy\.prototxt"):
        engine.detector(name="ssd")


def test_opencvs_faces_get_yunets_points(engine: Registry, photo: ImageU8) -> None:
    found, known = engine.detector(name="opencv").detect(photo), engine.detector().detect(photo)
    usable = [face for face in found if np.isfinite(face.landmarks_px).all()]
    assert usable
    for face in usable:
        nearest = min(known, key=lambda each: np.abs(each.landmarks_px - face.landmarks_px).max())
        apart = np.abs(nearest.landmarks_px - face.landmarks_px).max()
        assert apart < 0.06 * nearest.height_px
        assert engine.embedder().align(photo, face).shape == (150, 150, 3)


class Client:
    """A DeepFace detector that gives what it is told to."""

    def __init__(self, *regions: Any) -> None:
        self.regions = regions

    def detect_faces(self, image: ImageU8) -> list[Any]:
        if self.regions == ("crash",):
            raise ValueError("vendor's own words")
        return list(self.regions)


def region(confidence: float | None = 0.99, **changed: Any) -> Any:
    box = {"x": 30, "y": 30, "w": 40, "h": 40}
    points = {
        "right_eye": (40, 42),
        "left_eye": (60, 42),
        "nose": (50, 50),
        "mouth_right": (43, 60),
        "mouth_left": (57, 60),
    }
    return SimpleNamespace(**(box | points | {"confidence": confidence} | changed))


def around(client: Client, name: str = "mtcnn") -> DeepFaceDetector:
    return DeepFaceDetector(client, detectors.find(name), DetectionSettings(), None)


def test_small_false_faces_of_mtcnn_are_left_out() -> None:
    blank = np.zeros((100, 100, 3), np.uint8)
    found = around(Client(region(0.94), region(0.96), region(None))).detect(blank)
    assert [face.score for face in found] == [0.96]
    assert found[0].landmarks_px.tolist() == [[40, 42], [60, 42], [50, 50], [43, 60], [57, 60]]


@pytest.mark.parametrize(
    "wrong", [region(x=np.nan), region(w=0), region(h=-5), region(np.nan)], ids=str
)
def test_boxes_that_are_none_are_left_out(wrong: Any) -> None:
    assert around(Client(wrong)).detect(np.zeros((100, 100, 3), np.uint8)) == ()


def test_a_face_whose_turn_nobody_knows_is_refused_by_the_quality_gate() -> None:
    blank = np.full((100, 100, 3), 128, np.uint8)
    [face] = around(Client(region()), "ssd").detect(blank)
    assert np.isnan(face.landmarks_px).all()
    assert Defect.TURNED in assess(face, blank, blank.shape).defects


def test_a_vendors_crash_is_a_sentence() -> None:
    with pytest.raises(ImageUnreadable, match=r"mtcnn cannot cope .*ValueError"):
        around(Client("crash")).detect(np.zeros((100, 100, 3), np.uint8))


def test_a_huge_picture_is_searched_at_bounded_size() -> None:
    seen = []

    class Recording(Client):
        def detect_faces(self, image: ImageU8) -> list[Any]:
            seen.append(image.shape)
            return super().detect_faces(image)

    [face] = around(Recording(region())).detect(np.zeros((3000, 4096, 3), np.uint8))
    assert seen == [(1500, 2048, 3)]
    assert face.box_px == (60, 60, 80, 80)
    assert face.landmarks_px[0].tolist() == [80, 84]
