"""Quality: a reason per defect, and a score that agrees with it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.capture import Face, ImageU8, Points
from device_bridge.domain.quality import (
    ENROL,
    MATCH,
    Defect,
    Measures,
    assess,
    binned,
    cut_part,
    judge,
    luminance,
    pose,
    sharpness,
)

GOOD = Measures(
    height_px=200,
    frame_part=0.4,
    sharpness=2,
    brightness=130,
    burnt_part=0,
    roll_deg=0,
    nose_offset=0,
    cut_part=0,
)
FRAME = (720, 1280, 3)
FRONTAL = np.array([[40, 50], [60, 50], [50, 62], [42, 72], [58, 72]], np.float32)


def turned_by(degrees: float) -> Points:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: Points = ((FRONTAL - 50) @ turn.T + 50).astype(np.float32)
    return turned


def chip(brightness: float = 130, contrast: float = 60) -> ImageU8:
    """A sharp chip: a texture without a direction, `contrast` grey levels wide."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(150, 150)), (0, 0), 3)
    grey = np.clip(brightness + texture / texture.std() * contrast / 2, 0, 255)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(
    ("change", "defect"),
    [
        ({"height_px": 43.0}, Defect.TOO_FAR),
        ({"frame_part": 0.95}, Defect.TOO_CLOSE),
        ({"nose_offset": -0.3}, Defect.TURNED),
        ({"roll_deg": -16.0}, Defect.TILTED),
        ({"brightness": 20.0}, Defect.DARK),
        ({"burnt_part": 0.5}, Defect.BRIGHT),
        ({"sharpness": 0.12}, Defect.BLURRED),
        ({"cut_part": 0.3}, Defect.CUT_OFF),
        ({"roll_deg": float("nan"), "nose_offset": 0.0}, Defect.TILTED),
    ],
)
def test_each_defect_has_its_reason(change: dict[str, float], defect: Defect) -> None:
    assert judge(GOOD, MATCH).usable
    assert judge(replace(GOOD, **change), MATCH).defects == (defect,)


def test_several_defects_are_all_named() -> None:
    spoilt = replace(GOOD, height_px=20, brightness=5, roll_deg=60)
    assert judge(spoilt, MATCH).defects == (Defect.TOO_FAR, Defect.TILTED, Defect.DARK)


@given(
    st.builds(
        Measures,
        height_px=st.floats(0, 500),
        frame_part=st.floats(0, 2),
        sharpness=st.floats(0, 20),
        brightness=st.floats(0, 255),
        burnt_part=st.floats(0, 1),
        roll_deg=st.floats(-180, 180),
        nose_offset=st.floats(-2, 2),
        cut_part=st.floats(0, 1),
    )
)
def test_the_score_says_what_the_defects_say(measures: Measures) -> None:
    for thresholds in (MATCH, ENROL):
        quality = judge(measures, thresholds)
        assert 0 <= quality.score <= 1
        assert (quality.score < 0.5) == bool(quality.defects)


@given(st.floats(0, 500), st.floats(-90, 90), st.floats(0, 3))
def test_what_may_be_enrolled_may_be_matched(height: float, roll: float, sharpness: float) -> None:
    measures = replace(GOOD, height_px=height, roll_deg=roll, sharpness=sharpness)
    assert judge(measures, MATCH).usable or not judge(measures, ENROL).usable


@pytest.mark.parametrize("degrees", [-30, -5, 0, 12, 45])
def test_roll_is_measured_and_does_not_look_like_a_turn(degrees: float) -> None:
    roll, offset = pose(turned_by(degrees))
    assert roll == pytest.approx(degrees, abs=1e-3)
    assert offset == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("nose_x", "offset"), [(50, 0), (54, 0.2), (46, -0.2)])
def test_the_noses_offset_tells_a_turn_and_its_side(nose_x: float, offset: float) -> None:
    landmarks = FRONTAL.copy()
    landmarks[2, 0] = nose_x
    assert pose(landmarks)[1] == pytest.approx(offset, abs=1e-6)


def test_eyes_in_one_place_are_a_defect_not_a_crash() -> None:
    landmarks = np.repeat(FRONTAL[:1], 5, axis=0)
    face = Face((40, 50, 100, 100), landmarks, 0.9)
    assert {Defect.TURNED, Defect.TILTED} <= set(assess(face, chip(), FRAME).defects)


@pytest.mark.parametrize(
    ("shift", "lowest", "highest"),
    [((0, 0), 0, 0), ((-50, 0), 0.4, 0.6), ((0, -60), 0.4, 0.6), ((-500, 0), 1, 1)],
    ids=["inside", "half over the left edge", "half over the upper edge", "far outside"],
)
def test_cut_part(shift: tuple[int, int], lowest: float, highest: float) -> None:
    landmarks = (FRONTAL + shift).astype(np.float32)
    assert lowest <= cut_part(landmarks, FRAME) <= highest


def blurred(kind: str) -> ImageU8:
    """The sharp chip out of focus, or moved along one direction."""
    if kind == "focus":
        return cv2.GaussianBlur(chip(), (0, 0), 5).astype(np.uint8)
    kernel = {
        "across": np.ones((1, 21)),
        "down": np.ones((21, 1)),
        "diagonally": np.eye(15),
        "anti-diagonally": np.fliplr(np.eye(15)),
    }[kind]
    return cv2.filter2D(chip(), -1, kernel / kernel.sum()).astype(np.uint8)


@pytest.mark.parametrize("kind", ["focus", "across", "down", "diagonally", "anti-diagonally"])
def test_every_kind_of_blur_is_noticed(kind: str) -> None:
    sharp, soft = (sharpness(binned(luminance(picture))) for picture in (chip(), blurred(kind)))
    assert soft < sharp / 5


def test_the_sensors_noise_does_not_look_sharp() -> None:
    noise = np.random.default_rng(1).normal(0, 5, (150, 150, 3))
    noisy = np.clip(blurred("focus") + noise, 0, 255).astype(np.uint8)
    assert sharpness(luminance(noisy)) > MATCH.min_sharpness
    assert sharpness(binned(luminance(noisy))) < MATCH.min_sharpness


@pytest.mark.parametrize(
    ("picture", "defects"),
    [
        pytest.param(chip(), (), id="sharp"),
        pytest.param(chip(brightness=12, contrast=20), (Defect.DARK,), id="dark"),
        pytest.param(chip(brightness=255, contrast=200), (Defect.BRIGHT,), id="half burnt"),
        pytest.param(chip(contrast=0), (Defect.BLURRED,), id="flat"),
    ],
)
def test_the_chips_defects(picture: ImageU8, defects: tuple[Defect, ...]) -> None:
    face = Face((30, 30, 100, 100), FRONTAL, 0.9)
    assert assess(face, picture, FRAME).defects == defects


def test_enrolment_wants_a_closer_face() -> None:
    face = Face((30, 30, 60, 60), FRONTAL, 0.9)
    assert assess(face, chip(), FRAME, MATCH).usable
    assert assess(face, chip(), FRAME, ENROL).defects == (Defect.TOO_FAR,)
