"""The engine on real photos: detection, alignment, templates, and DeepFace as its registry."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface import align, weights, yunet
from device_bridge.adapters.face_deepface.aligned_dlib import MIRRORED, MODEL, AlignedDlib
from device_bridge.adapters.face_deepface.registry import DETECTOR, Registry
from device_bridge.adapters.face_deepface.yunet import DetectionSettings, YuNet
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable, ImageUnreadable, SettingsError, WeightsMissing

ONE_PERSON = ("obama", "obama2", "obama3", "obama_partial_face", "obama_partial_face2")


@pytest.fixture(scope="module")
def registry(weights_home: Path) -> Registry:
    return Registry(weights_home)


@pytest.fixture(scope="module")
def detector(registry: Registry) -> YuNet:
    return registry.detector()


@pytest.fixture(scope="module")
def embedder(registry: Registry) -> AlignedDlib:
    return registry.embedder()


def photo(faces_dir: Path, name: str) -> ImageU8:
    image = cv2.imread(str(faces_dir / f"{name}.jpg"))
    assert image is not None
    return image.astype(np.uint8, copy=False)


def scene(faces_dir: Path, face_px: float, detector: YuNet) -> ImageU8:
    """A 1280×720 frame with one face of this height, somewhat left of the middle."""
    portrait = photo(faces_dir, "face_recognition/obama")
    scale = face_px / detector.detect(portrait)[0].height_px
    small = yunet.shrink(portrait, scale)
    frame = np.full((720, 1280, 3), 90, np.uint8)
    height, width = min(small.shape[0], 600), min(small.shape[1], 700)
    frame[100 : 100 + height, 300 : 300 + width] = small[:height, :width]
    return frame


def templates(
    detector: YuNet, embedder: AlignedDlib, images: Sequence[ImageU8]
) -> tuple[list[ImageU8], Vectors]:
    chips = [embedder.align(image, detector.detect(image)[0]) for image in images]
    return chips, embedder.embed(chips)


@pytest.mark.parametrize(
    ("name", "faces"),
    [("face_recognition/biden", 1), ("face-api/sample1", 3), ("face-api/sample5", 5)],
)
def test_every_face_is_found_largest_first(
    detector: YuNet, faces_dir: Path, name: str, faces: int
) -> None:
    found = detector.detect(photo(faces_dir, name))
    assert len(found) == faces
    assert [face.height_px for face in found] == sorted(
        (face.height_px for face in found), reverse=True
    )
    for face in found:
        x, y, width, height = face.box_px
        inside = (face.landmarks_px > [x, y]) & (face.landmarks_px < [x + width, y + height])
        assert inside.all()
        right_eye, left_eye, _, right_mouth, left_mouth = face.landmarks_px
        assert right_eye[0] < left_eye[0]
        assert right_mouth[0] < left_mouth[0]
        assert 0.7 <= face.score <= 1


@pytest.mark.parametrize("side", [320, 448, 640])
def test_detection_is_opencvs(
    registry: Registry, faces_dir: Path, weights_home: Path, side: int
) -> None:
    image = photo(faces_dir, "face-api/sample5")
    height = round(image.shape[0] * side / image.shape[1])
    small = cv2.resize(image, (side, height)).astype(np.uint8, copy=False)
    path = str(weights.path_of(weights_home, weights.YUNET))
    theirs = cv2.FaceDetectorYN.create(path, "", (side, height), 0.7, 0.3).detect(small)[1]
    ours = registry.detector(DetectionSettings(min_face_px=20)).detect(small)
    assert len(ours) == len(theirs) == 5
    theirs = theirs[np.argsort(-theirs[:, 3])]
    for face, row in zip(ours, theirs, strict=True):
        assert face.box_px == pytest.approx(row[:4], abs=1e-3)
        assert face.landmarks_px.ravel() == pytest.approx(row[4:14], abs=1e-3)
        assert face.score == pytest.approx(row[14], abs=1e-5)


def test_a_48_px_face_in_720p_is_found_and_identified(
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
) -> None:
    frame = scene(faces_dir, 48, detector)
    [face] = detector.detect(frame)
    assert face.height_px == pytest.approx(48, abs=6)
    others = [photo(faces_dir, f"face_recognition/{name}") for name in ("obama3", "biden")]
    _, [same, other] = templates(detector, embedder, others)
    [probe] = embedder.embed([embedder.align(frame, face)])
    assert probe @ same > DEFAULT_THRESHOLD > probe @ other


@pytest.mark.parametrize(
    ("long_side", "min_face", "sides"),
    [
        pytest.param(1280, 48, (544,), id="gate camera"),
        pytest.param(640, 48, (320,), id="never below 320"),
        pytest.param(100, 48, (320,), id="small photos are enlarged"),
        pytest.param(1920, 24, (1600, 320), id="large faces get a look of their own"),
        pytest.param(12000, 48, (2048, 320), id="a huge photo does not take huge memory"),
    ],
)
def test_detection_sides(long_side: int, min_face: float, sides: tuple[int, ...]) -> None:
    assert yunet.detection_sides(long_side, min_face) == sides


def test_a_face_that_fills_a_large_photo_is_found_once(
    registry: Registry, detector: YuNet, faces_dir: Path
) -> None:
    portrait = photo(faces_dir, "face_recognition/biden")
    x, y, width, height = (round(value) for value in detector.detect(portrait)[0].box_px)
    crop = portrait[y - 60 : y + height + 60, x - 60 : x + width + 60]
    large = cv2.resize(crop, None, fx=7, fy=7).astype(np.uint8, copy=False)
    assert max(large.shape) > 3000
    [face] = registry.detector(DetectionSettings(min_face_px=20)).detect(large)
    assert face.height_px == pytest.approx(7 * height, rel=0.1)


def test_the_number_of_faces_is_bounded(
    registry: Registry, detector: YuNet, faces_dir: Path
) -> None:
    image = photo(faces_dir, "face-api/sample6")
    few = registry.detector(DetectionSettings(max_faces=2)).detect(image)
    assert [face.box_px for face in few] == [face.box_px for face in detector.detect(image)[:2]]


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.zeros((0, 0, 3), np.uint8), id="empty"),
        pytest.param(np.zeros((480, 640), np.uint8), id="grey"),
        pytest.param(np.zeros((480, 640, 4), np.uint8), id="with alpha"),
        pytest.param(np.zeros((480, 640, 3), np.uint16), id="16 bit"),
        pytest.param(np.full((480, 640, 3), np.nan, np.float32), id="float"),
    ],
)
def test_other_arrays_are_no_picture(detector: YuNet, picture: Any) -> None:
    with pytest.raises(ImageUnreadable, match="must be"):
        detector.detect(picture)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 2), (33, 7), (2000, 9)])
def test_odd_sizes_are_no_problem(detector: YuNet, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert detector.detect(noise) == ()


def test_faces_that_are_not_finite_are_left_out() -> None:
    answers = {}
    for stride in yunet.STRIDES:
        cells = (64 // stride) ** 2
        for name, columns, value in (("cls", 1, 1), ("obj", 1, 1), ("bbox", 4, 0), ("kps", 10, 0)):
            answers[f"{name}_{stride}"] = np.full((1, cells, columns), value, np.float32)
    assert len(yunet.decode(answers, 64, 0.7)) == 64 + 16 + 4
    answers["kps_8"][0, 3, 5] = np.nan
    answers["bbox_16"][0, 0, 2] = np.inf
    answers["cls_32"][0, 0, 0] = np.nan
    assert len(yunet.decode(answers, 64, 0.7)) == 63 + 15 + 3


@pytest.mark.parametrize("scale", [0.2, 1.0, 3.7])
@pytest.mark.parametrize("degrees", [0, 20, -35])
def test_landmarks_land_where_the_network_expects_them(scale: float, degrees: float) -> None:
    angle = np.radians(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    source = align.CHIP_POINTS @ turn.T + [300, 200]
    matrix = align.similarity_to(source, align.CHIP_POINTS)
    assert source @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(align.CHIP_POINTS, abs=1e-6)


def test_alignment_does_not_depend_on_the_pictures_size(
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
) -> None:
    large = photo(faces_dir, "face_recognition/obama")
    small = yunet.shrink(large, 0.5)
    face = detector.detect(large)[0]
    # pixel centres: the middle of pixel 0 is at 0, so halving moves a point by a quarter
    halved = Face(face.box_px, ((face.landmarks_px + 0.5) / 2 - 0.5).astype(np.float32), 1.0)
    difference = embedder.align(large, face).astype(int) - embedder.align(small, halved)
    assert np.abs(difference).mean() < 2.5


def test_landmarks_of_absurd_size_are_survived(embedder: AlignedDlib) -> None:
    points = (align.CHIP_POINTS * 1e12).astype(np.float32)
    face = Face((0, 0, 1e12, 1e12), points, 0.9)
    assert embedder.align(np.full((100, 100, 3), 255, np.uint8), face).shape == (150, 150, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0], ids=["nan", "infinite", "one point"])
def test_impossible_landmarks_are_refused(embedder: AlignedDlib, value: float) -> None:
    face = Face((0, 0, 100, 100), np.full((5, 2), value, np.float32), 0.9)
    with pytest.raises(FaceNotUsable):
        embedder.align(np.zeros((100, 100, 3), np.uint8), face)


def test_one_person_is_close_and_others_are_not(
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
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
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
) -> None:
    group = photo(faces_dir, "face-api/sample5")
    chips = [embedder.align(group, face) for face in detector.detect(group)] * 3
    together = embedder.embed(chips)
    alone = np.concatenate([embedder.embed([chip]) for chip in chips])
    assert together.shape == (15, 128)
    assert np.abs(together - alone).max() < 1e-5


def test_no_chips_give_no_templates(embedder: AlignedDlib) -> None:
    assert embedder.embed([]).shape == (0, 128)


def test_another_chip_is_refused(embedder: AlignedDlib) -> None:
    with pytest.raises(FaceNotUsable):
        embedder.embed([np.zeros((112, 112, 3), np.uint8)])


def test_mirrored_templates_are_a_model_of_their_own(
    registry: Registry, detector: YuNet, embedder: AlignedDlib, faces_dir: Path
) -> None:
    mirrored = registry.embedder(MIRRORED)
    assert (embedder.model, mirrored.model) == (MODEL, MIRRORED)
    chip = templates(detector, embedder, [photo(faces_dir, "face_recognition/obama2")])[0][0]
    flipped = np.ascontiguousarray(chip[:, ::-1])
    one, other = mirrored.embed([chip, flipped])
    assert one @ other == pytest.approx(1, abs=1e-6)
    assert one @ embedder.embed([chip])[0] < 1 - 1e-4


def test_deepface_gives_the_same_template(
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
) -> None:
    from deepface import DeepFace

    [chip], [ours] = templates(detector, embedder, [photo(faces_dir, "face_recognition/obama")])
    [answer] = DeepFace.represent(chip[..., ::-1], model_name=MODEL, detector_backend="skip")
    assert np.array(answer["embedding"], np.float32) == pytest.approx(ours, abs=1e-6)


def test_deepface_detects_with_our_detector(registry: Registry, faces_dir: Path) -> None:
    from deepface import DeepFace

    assert registry.build("face_detector", DETECTOR)
    image = photo(faces_dir, "face-api/sample1")
    found = DeepFace.represent(image, model_name=MODEL, detector_backend=DETECTOR)
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
    with pytest.raises(SettingsError, match="unknown model 'Dlibb'"):
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
    detector: YuNet, embedder: AlignedDlib, faces_dir: Path
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
