"""APCER and BPCER: what is counted as what, and that few samples are said to be few."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from device_bridge.adapters.images import read_image
from device_bridge.domain.liveness import PadLook, PadScore
from device_bridge.errors import SettingsError
from device_bridge.evaluation.attacks import evaluate_attacks
from device_bridge.fakes.liveness import PaintedAttackDetector
from device_bridge.fakes.recognition import PaintedFaceDetector, paint_face

REAL, FAKE = 90, 160


def photo(path: Path, colour: int | None) -> None:
    """A photo with a painted face of this colour, or without any."""
    image = np.zeros((200, 200, 3), np.uint8)
    if colour is not None:
        paint_face(image, colour, 40, 40, 100)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), image)


def evaluated(folder: Path, **changes: float) -> dict[str, Any]:
    detector = PaintedAttackDetector(FAKE, **changes)
    return evaluate_attacks(folder, read_image, PaintedFaceDetector(), detector)


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    for index in range(4):
        photo(tmp_path / "print" / f"{index}.png", FAKE)
        photo(tmp_path / "bona_fide" / f"{index}.png", REAL)
    photo(tmp_path / "replay" / "0.png", REAL)
    photo(tmp_path / "replay" / "1.png", FAKE)
    return tmp_path


def test_each_species_has_a_rate_of_its_own_and_the_worst_counts(samples: Path) -> None:
    report = evaluated(samples)
    rates = {name: one["apcer"] for name, one in report["species"].items()}
    assert rates == {"print": 0.0, "replay": 0.5}
    assert report["worst_apcer"] == 0.5
    assert report["bona_fide"]["bpcer"] == 0


def test_whoever_is_not_surely_bona_fide_is_refused_and_counted_as_refused(samples: Path) -> None:
    report = evaluated(samples, score=0.6)
    assert report["bona_fide"]["bpcer"] == 1
    assert report["bona_fide"]["undecided"] == 4
    assert report["worst_apcer"] == 0


@pytest.mark.parametrize(
    ("frames", "accepted"), [([REAL] * 5, 1), ([REAL] * 3 + [FAKE] * 3, 0), ([REAL] * 2, 0)]
)
def test_frames_of_one_presentation_are_voted_over(
    tmp_path: Path, frames: list[int], accepted: int
) -> None:
    for index, colour in enumerate(frames):
        photo(tmp_path / "replay" / "one" / f"{index}.png", colour)
    report = evaluated(tmp_path)
    assert report["species"]["replay"]["accepted"] == accepted
    assert report["species"]["replay"]["presentations"] == 1


def test_what_cannot_be_judged_is_no_response_and_no_error_of_the_detector(samples: Path) -> None:
    photo(samples / "bona_fide" / "nobody.png", None)
    (samples / "bona_fide" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    bona_fide = evaluated(samples)["bona_fide"]
    assert (bona_fide["presentations"], bona_fide["no_response"]) == (6, 2)
    assert bona_fide["bpcer"] == 0


def test_few_samples_are_said_to_establish_nothing(samples: Path) -> None:
    remarks = evaluated(samples)["remarks"]
    assert (
        "print: 0 of 4 accepted; up to 49.0% is likely as well. 4 presentations establish"
        in (remarks[0])
    )


@pytest.mark.parametrize(
    ("gone", "remark"), [("bona_fide", "BPCER"), ("print", "APCER")], ids=["people", "attacks"]
)
def test_what_is_missing_is_said(samples: Path, gone: str, remark: str) -> None:
    shutil.rmtree(samples / gone)
    shutil.rmtree(samples / "replay")
    assert any(f"nothing is known about {remark}" in one for one in evaluated(samples)["remarks"])


@pytest.mark.parametrize("name", ["absent", "."], ids=["no folder", "nothing in it"])
def test_a_folder_without_presentations_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError):
        evaluated(tmp_path / name)


def test_a_score_is_a_probability() -> None:
    assert PadLook(True, PadScore(0.7)).is_bona_fide
    assert not PadLook(True, PadScore(0.69)).is_bona_fide
    assert not PadLook(False, PadScore(1.0)).is_bona_fide
