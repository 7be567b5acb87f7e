"""The pages' face finder in a real browser, and whether it measures as the service does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Playwright

from device_bridge.adapters.face_deepface.registry import Registry
from tests.bench.agreement import Pair, compare, fitted
from tests.page_camera import page_camera
from tools import paths

EVERY = 3
"""Pictures of those that the factors rest on; all of them take a minute."""


@pytest.fixture(scope="module")
def measured(playwright: Playwright) -> Iterator[tuple[dict[str, float], list[Pair]]]:
    registry = Registry(paths.CACHE / "weights")
    with page_camera(playwright) as camera:
        pairs = compare(camera, registry.detector(), registry.embedder(), EVERY)
        yield camera.factors, pairs


def test_the_factors_are_those_that_the_pictures_give(
    measured: tuple[dict[str, float], list[Pair]],
) -> None:
    factors, pairs = measured
    found = fitted(pairs, factors)
    assert len(pairs) > 60
    for name, (factor, _left) in found.items():
        assert factors[name] == pytest.approx(factor, rel=0.2), name


def test_what_a_page_calls_good_the_service_takes(
    measured: tuple[dict[str, float], list[Pair]],
) -> None:
    _factors, pairs = measured
    alike = np.mean([one.agrees for one in pairs])
    taken = np.mean([one.said is None for one in pairs if one.page["said"] is None])
    print(f"alike {alike:.1%}, taken {taken:.1%} of {len(pairs)}")  # noqa: T201
    assert alike >= 0.85
    assert taken >= 0.85


def test_light_and_sharpness_are_measured_alike(
    measured: tuple[dict[str, float], list[Pair]],
) -> None:
    _factors, pairs = measured
    for one in pairs:
        assert one.page["brightness"] == pytest.approx(one.service.brightness, rel=0.15, abs=5)
        assert one.page["burnt"] == pytest.approx(one.service.burnt_part, abs=0.1)
