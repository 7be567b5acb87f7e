"""Templates on real photos: alignment, identity, threads, and DeepFace as the registry."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface import align, models, yunet
from device_bridge.adapters.face_deepface.embedder import Embedder
from device_bridge.adapters.face_deepface.registry import YUNET_CLIENT, Registry
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable, SettingsError, WeightsMissing
from device_bridge.ports import FaceDetector

MODEL = models.DEFAULT.id
MIRRORED = MODEL + models.MIRROR
ONE_PERSON = ("obama", "obama2", "obama3", "obama_partial_face", "obama_partial_face2")


@pytest.fixture(scope="module")
def registry(weights_home: Path) -> Registry:
    return Registry(weights_home)


@pytest.fixture(scope="module")
def detector(registry: Registry) -> FaceDetector:
    return registry.detector()


@pytest.fixture(scope="module")
def embedder(registry: Registry) -> Embedder:
    return registry.embedder()


def photo(faces_dir: Path, name: str) -> ImageU8:
    image = cv2.imread(str(faces_dir / f"{name}.jpg"))
    assert image is not None
    return image.astype(np.uint8, copy=False)


def scene(faces_dir: Path, face_px: float, detector: FaceDetector) -> ImageU8:
    """A 1280×720 frame with one face of this height, somewhat left of the middle."""
    portrait = photo(faces_dir, "face_recognition/obama")
    scale = face_px / detector.detect(portrait)[0].height_px
    small = yunet.shrink(portrait, scale)
    frame = np.full((720, 1280, 3), 90, np.uint8)
    height, width = min(small.shape[0], 600), min(small.shape[1], 700)
    frame[100 : 100 + height, 300 : 300 + width] = small[:height, :width]
    return frame


def templates(
    detector: FaceDetector, embedder: Embedder, images: Sequence[ImageU8]
) -> tuple[list[ImageU8], Vectors]:
    chips = [embedder.align(image, detector.detect(image)[0]) for image in images]
    return chips, embedder.embed(chips)


def test_a_48_px_face_in_720p_is_found_and_identified(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    frame = scene(faces_dir, 48, detector)
    [face] = detector.detect(frame)
    assert face.height_px == pytest.approx(48, abs=6)
    others = [photo(faces_dir, f"face_recognition/{name}") for name in ("obama3", "biden")]
    _, [same, other] = templates(detector, embedder, others)
    [probe] = embedder.embed([embedder.align(frame, face)])
    assert probe @ same > DEFAULT_THRESHOLD > probe @ other


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.7])
@pytest.mark.parametrize("degrees", [0, 20, -35])
def test_landmarks_land_where_the_network_expects_them(scale: float, degrees: float) -> None:
    angle = np.radians(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    source = align.CHIP_POINTS @ turn.T + [300, 200]
    matrix = align.similarity_to(source, align.CHIP_POINTS)
    assert source @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(align.CHIP_POINTS, abs=1e-6)


def test_alignment_does_not_depend_on_the_pictures_size(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    large = photo(faces_dir, "face_recognition/obama")
    small = yunet.shrink(large, 0.5)
    face = detector.detect(large)[0]
    # pixel centres: the middle of pixel 0 is at 0, so halving moves a point by a quarter
    halved = Face(face.box_px, ((face.landmarks_px + 0.5) / 2 - 0.5).astype(np.float32), 1.0)
    difference = embedder.align(large, face).astype(int) - embedder.align(small, halved)
    assert np.abs(difference).mean() < 2.5


def test_landmarks_of_absurd_size_are_survived(embedder: Embedder) -> None:
    points = (align.CHIP_POINTS * 1e12).astype(np.float32)
    face = Face((0, 0, 1e12, 1e12), points, 0.9)
    assert embedder.align(np.full((100, 100, 3), 255, np.uint8), face).shape == (150, 150, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0], ids=["nan", "infinite", "one point"])
def test_impossible_landmarks_are_refused(embedder: Embedder, value: float) -> None:
    face = Face((0, 0, 100, 100), np.full((5, 2), value, np.float32), 0.9)
    with pytest.raises(FaceNotUsable):
        embedder.align(np.zeros((100, 100, 3), np.uint8), face)


def test_one_person_is_close_and_others_are_not(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    own = [photo(faces_dir, f"face_recognition/{name}") for name in ONE_PERSON]
    _, vectors = templates(detector, embedder, own)
    group = photo(faces_dir, "face-api/sample6")
    others = embedder.embed([embedder.align(group, face) for face in detector.detect(group)])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-6)
    # one of the five is turned by some 30 degrees: 0.949 to the photo that is cut off
    assert (vectors @ vectors.T).min() > 0.945
    assert (vectors @ others.T).max() < 0.9
    assert vectors.dtype == np.float32


def test_one_chip_or_many_give_the_same_templates(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    group = photo(faces_dir, "face-api/sample5")
    chips = [embedder.align(group, face) for face in detector.detect(group)] * 3
    together = embedder.embed(chips)
    alone = np.concatenate([embedder.embed([chip]) for chip in chips])
    assert together.shape == (15, 128)
    assert np.abs(together - alone).max() < 1e-5


def test_no_chips_give_no_templates(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 128)


def test_another_chip_is_refused(embedder: Embedder) -> None:
    with pytest.raises(FaceNotUsable):
        embedder.embed([np.zeros((112, 112, 3), np.uint8)])


def test_mirrored_templates_are_a_model_of_their_own(
    registry: Registry, detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    mirrored = registry.embedder(MIRRORED)
    assert (embedder.model, mirrored.model) == (MODEL, MIRRORED)
    chip = templates(detector, embedder, [photo(faces_dir, "face_recognition/obama2")])[0][0]
    flipped = np.ascontiguousarray(chip[:, ::-1])
    one, other = mirrored.embed([chip, flipped])
    assert one @ other == pytest.approx(1, abs=1e-6)
    assert one @ embedder.embed([chip])[0] < 1 - 1e-4


def test_deepface_gives_the_same_template(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    from deepface import DeepFace

    [chip], [ours] = templates(detector, embedder, [photo(faces_dir, "face_recognition/obama")])
    [answer] = DeepFace.represent(chip[..., ::-1], model_name=MODEL, detector_backend="skip")
    assert np.array(answer["embedding"], np.float32) == pytest.approx(ours, abs=1e-6)


def test_deepface_detects_with_our_detector(registry: Registry, faces_dir: Path) -> None:
    from deepface import DeepFace

    assert registry.build("face_detector", YUNET_CLIENT)
    image = photo(faces_dir, "face-api/sample1")
    found = DeepFace.represent(image, model_name=MODEL, detector_backend=YUNET_CLIENT)
    assert len(found) == 3
    for face in found:
        area = face["facial_area"]
        assert area["x"] < area["right_eye"][0] < area["left_eye"][0] < area["x"] + area["w"]


def test_a_model_is_built_once(registry: Registry) -> None:
    built: list[Any] = []
    threads = [
        threading.Thread(target=lambda: built.append(registry.build("facial_recognition", MODEL)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(model) for model in built}) == 1


def test_registry_says_what_is_wrong(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="did you mean 'Dlib'"):
        registry.embedder("Dlibb")
    with pytest.raises(SettingsError, match="needs another"):
        Registry(tmp_path)


def test_absent_weights_are_found_before_deepface_tries_a_download(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(registry, "_home", tmp_path)
    with pytest.raises(WeightsMissing, match="absent"):
        registry.embedder()
    with pytest.raises(WeightsMissing, match="absent"):
        registry.detector()


def test_eight_threads_get_the_answers_of_one(
    detector: FaceDetector, embedder: Embedder, faces_dir: Path
) -> None:
    names = ("face-api/sample1", "face-api/sample6", "face_recognition/obama")
    frames = [yunet.shrink(photo(faces_dir, name), scale) for name in names for scale in (0.5, 0.3)]

    def answer(frame: ImageU8) -> tuple[list[tuple[float, ...]], bytes]:
        faces = detector.detect(frame)
        vectors = embedder.embed([embedder.align(frame, face) for face in faces])
        return [face.box_px for face in faces], vectors.tobytes()

    expected = [answer(frame) for frame in frames]
    wrong: list[int] = []

    def work(offset: int) -> None:
        for step in range(8):
            number = (offset + step) % len(frames)
            if answer(frames[number]) != expected[number]:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
