"""A frozen or looped camera counts once; somebody who stands still counts each time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.fingerprint import Fingerprint, fingerprint, is_copy
from tests.builders import face

WHERE = face(x=180, y=120, size=110)


@pytest.fixture(scope="module")
def scene(faces_dir: Path) -> ImageU8:
    """A photo with the noise of a sensor, as a camera would give it."""
    photo = cv2.imread(str(faces_dir / "face_recognition" / "obama.jpg"))
    assert photo is not None
    small = cv2.resize(photo, (480, 360), interpolation=cv2.INTER_AREA)
    return noisy(small.astype(np.uint8), 2, seed=1)


def noisy(image: ImageU8, sigma: float, seed: int) -> ImageU8:
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def compressed(image: ImageU8, quality: int) -> ImageU8:
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded.astype(np.uint8, copy=False)


def moved(image: ImageU8, way_px: float) -> ImageU8:
    matrix = np.array([[1, 0, way_px], [0, 1, way_px]], np.float32)
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_CUBIC).astype(np.uint8)


def are_copies(one: ImageU8, other: ImageU8, where: Face = WHERE) -> bool:
    return is_copy(fingerprint(other, where), [fingerprint(one, WHERE)])


@pytest.mark.parametrize("quality", [90, 95, 98])
def test_a_frame_compressed_anew_is_the_same_frame(scene: ImageU8, quality: int) -> None:
    assert are_copies(compressed(scene, 92), compressed(scene, quality))
    assert are_copies(scene, compressed(scene, quality))
    assert are_copies(compressed(scene, 92), compressed(compressed(scene, 92), quality))


def test_a_face_detected_some_pixels_off_is_the_same_frame(scene: ImageU8) -> None:
    assert are_copies(scene, compressed(scene, 90), face(x=184, y=117, size=113))


@pytest.mark.parametrize("sigma", [2, 3, 5])
def test_the_noise_of_a_live_sensor_makes_another_frame(scene: ImageU8, sigma: float) -> None:
    one, other = (noisy(scene, sigma, seed) for seed in (2, 3))
    assert not are_copies(one, other)
    assert not are_copies(compressed(one, 85), compressed(other, 85))


def test_a_movement_of_a_tenth_of_a_pixel_makes_another_frame(scene: ImageU8) -> None:
    assert not are_copies(scene, moved(scene, 0.1))


def test_the_same_face_elsewhere_is_another_frame(scene: ImageU8) -> None:
    assert not are_copies(scene, np.roll(scene, 40, axis=1), face(x=220, y=120, size=110))


def test_a_frame_of_a_loop_is_known_again(scene: ImageU8) -> None:
    loop = [moved(scene, way) for way in (0, 1, 2, 3)]
    before = [fingerprint(one, WHERE) for one in loop]
    assert is_copy(fingerprint(compressed(loop[1], 90), WHERE), before)


@given(st.floats(-300, 700), st.floats(-300, 700), st.floats(0, 600), st.integers(1, 90))
def test_any_box_has_a_fingerprint_that_is_a_copy_of_itself_or_empty(
    x: float, y: float, size: float, side: int
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (side, 2 * side, 3), np.uint8)
    found = fingerprint(image, face(x=x, y=y, size=size))
    assert max(found.means.shape) <= 16
    assert found.is_copy_of(found) == (found.means.size > 0)


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(1, 12), st.integers(1, 12))
def test_being_a_copy_is_mutual(column: int, row: int, rows: int, columns: int) -> None:
    plane = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
    one = Fingerprint(20, 20, plane[20:30, 20:30])
    top, left = 20 + row, 20 + column
    other = Fingerprint(left, top, plane[top : top + rows, left : left + columns])
    assert one.is_copy_of(other) == other.is_copy_of(one)
