"""Detection on real photos: OpenCV's answers, any size, nothing that is no face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.face_deepface import weight_files, weights, yunet
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.face_deepface.yunet import DetectionSettings
from device_bridge.domain.capture import ImageU8
from device_bridge.errors import ImageUnreadable
from device_bridge.ports import FaceDetector


@pytest.fixture(scope="module")
def registry(weights_home: Path) -> Registry:
    return Registry(weights_home)


@pytest.fixture(scope="module")
def detector(registry: Registry) -> FaceDetector:
    return registry.detector()


def photo(faces_dir: Path, name: str) -> ImageU8:
    image = cv2.imread(str(faces_dir / f"{name}.jpg"))
    assert image is not None
    return image.astype(np.uint8, copy=False)


@pytest.mark.parametrize(
    ("name", "faces"),
    [("face_recognition/biden", 1), ("face-api/sample1", 3), ("face-api/sample5", 5)],
)
def test_every_face_is_found_largest_first(
    detector: FaceDetector, faces_dir: Path, name: str, faces: int
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
    path = str(weights.path_of(weights_home, weight_files.YUNET))
    theirs = cv2.FaceDetectorYN.create(path, "", (side, height), 0.7, 0.3).detect(small)[1]
    ours = registry.detector(DetectionSettings(min_face_px=20)).detect(small)
    assert len(ours) == len(theirs) == 5
    theirs = theirs[np.argsort(-theirs[:, 3])]
    for face, row in zip(ours, theirs, strict=True):
        assert face.box_px == pytest.approx(row[:4], abs=1e-3)
        assert face.landmarks_px.ravel() == pytest.approx(row[4:14], abs=1e-3)
        assert face.score == pytest.approx(row[14], abs=1e-5)


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
    registry: Registry, detector: FaceDetector, faces_dir: Path
) -> None:
    portrait = photo(faces_dir, "face_recognition/biden")
    x, y, width, height = (round(value) for value in detector.detect(portrait)[0].box_px)
    crop = portrait[y - 60 : y + height + 60, x - 60 : x + width + 60]
    large = cv2.resize(crop, None, fx=7, fy=7).astype(np.uint8, copy=False)
    assert max(large.shape) > 3000
    [face] = registry.detector(DetectionSettings(min_face_px=20)).detect(large)
    assert face.height_px == pytest.approx(7 * height, rel=0.1)


def test_the_number_of_faces_is_bounded(
    registry: Registry, detector: FaceDetector, faces_dir: Path
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
def test_other_arrays_are_no_picture(detector: FaceDetector, picture: Any) -> None:
    with pytest.raises(ImageUnreadable, match="must be"):
        detector.detect(picture)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (3, 2), (33, 7), (2000, 9)])
def test_odd_sizes_are_no_problem(detector: FaceDetector, shape: tuple[int, int]) -> None:
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


def test_a_thousand_faces_cost_no_more_than_the_bound(registry: Registry, faces_dir: Path) -> None:
    portrait = photo(faces_dir, "face_recognition/biden")
    [face] = registry.detector().detect(portrait)
    x, y, width, height = (round(value) for value in face.box_px)
    around = portrait[y - height // 3 : y + 4 * height // 3, x - width // 3 : x + 4 * width // 3]
    tile = cv2.resize(around, (60, 60), interpolation=cv2.INTER_AREA)
    crowd = np.tile(tile, (30, 34, 1)).astype(np.uint8, copy=False)
    everybody = registry.detector(DetectionSettings(min_face_px=30, max_faces=5000)).detect(crowd)
    assert len(everybody) > 900  # of 1020
    assert len(registry.detector(DetectionSettings(min_face_px=30)).detect(crowd)) == 32
