"""MTCNN behind the detector port, on real photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import read_image
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.matching import DEFAULT_THRESHOLD
from device_bridge.errors import ImageUnreadable
from device_bridge.ports import FaceDetector

PHOTOS = {"face_recognition/obama": 1, "face-api/sample1": 3, "face-api/sample6": 4}


@pytest.fixture(scope="module")
def mtcnn(engine: Registry) -> FaceDetector:
    return engine.detector(name="mtcnn")


@pytest.fixture(scope="module")
def yunet(engine: Registry) -> FaceDetector:
    return engine.detector()


def photo(faces_dir: Path, name: str) -> ImageU8:
    return read_image(faces_dir / f"{name}.jpg")


def nearest(face: Face, others: tuple[Face, ...]) -> Face:
    return min(others, key=lambda other: np.hypot(*np.subtract(face.centre_px, other.centre_px)))


@pytest.mark.parametrize(("name", "faces"), PHOTOS.items())
def test_mtcnn_finds_yunets_faces_with_the_same_five_points(
    mtcnn: FaceDetector, yunet: FaceDetector, faces_dir: Path, name: str, faces: int
) -> None:
    image = photo(faces_dir, name)
    found, expected = mtcnn.detect(image), yunet.detect(image)
    assert len(found) == len(expected) == faces
    for face in found:
        same = nearest(face, expected)
        # YuNet pulls the points of a tilted head upright, so they need not be near.
        apart = np.linalg.norm(face.landmarks_px - same.landmarks_px, axis=1)
        assert apart.mean() < 0.25 * same.height_px
        right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks_px
        assert right_eye[0] < left_eye[0]
        assert right_mouth[0] < left_mouth[0]
        assert (right_eye + left_eye)[1] < 2 * nose[1] < (right_mouth + left_mouth)[1]
        assert face.score >= 0.95


def test_templates_from_mtcnns_points_name_the_same_person(
    engine: Registry, mtcnn: FaceDetector, yunet: FaceDetector, faces_dir: Path
) -> None:
    embedder = engine.embedder()

    def template(detector: FaceDetector, name: str) -> np.ndarray:
        image = photo(faces_dir, f"face_recognition/{name}")
        return embedder.embed([embedder.align(image, detector.detect(image)[0])])[0]

    probe = template(mtcnn, "obama2")
    assert probe @ template(yunet, "obama2") > DEFAULT_THRESHOLD
    assert probe @ template(yunet, "biden") < DEFAULT_THRESHOLD - 0.05


@pytest.mark.parametrize("shape", [(1, 1), (20, 3), (3, 500), (64, 64)])
def test_odd_pictures_have_no_face(mtcnn: FaceDetector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert mtcnn.detect(noise) == ()


def test_other_arrays_are_no_picture(mtcnn: FaceDetector) -> None:
    with pytest.raises(ImageUnreadable, match="must be"):
        mtcnn.detect(np.zeros((480, 640), np.uint8))


@pytest.mark.long
def test_nothing_small_and_false_is_left_in_any_photo(
    engine: Registry, mtcnn: FaceDetector, yunet: FaceDetector, faces_dir: Path
) -> None:
    dropped = 0
    for path in sorted(faces_dir.glob("*/*.jpg")):
        image = read_image(path)
        raw = engine.build("face_detector", "mtcnn-5p").detect_faces(image)
        found = mtcnn.detect(image)
        dropped += len(raw) - len(found)
        known = yunet.detect(image)
        alone = [
            face
            for face in found
            if not known
            or np.hypot(*np.subtract(nearest(face, known).centre_px, face.centre_px))
            > face.height_px
        ]
        assert alone == [], path.name
    # Without the bound there are some: the bound is not idle.
    assert dropped > 0
