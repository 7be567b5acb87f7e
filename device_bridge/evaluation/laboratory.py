"""The commands' work on folders, with the parts that wiring gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from device_bridge.domain.matching import VERIFY_THRESHOLD
from device_bridge.domain.template import Person
from device_bridge.errors import SettingsError
from device_bridge.evaluation.calibrate import calibrate
from device_bridge.evaluation.collection import Collection, Collector, Progress, Sample, people_in
from device_bridge.evaluation.identify import Evaluation, evaluate, genuine_quality
from device_bridge.evaluation.pairs import evaluate_pairs, photos_of, read_pairs
from device_bridge.evaluation.searches import Decision
from device_bridge.evaluation.splits import Draw
from device_bridge.ports import Gallery


class Laboratory:
    """Evaluates and calibrates on photos.

    Args:
        matchers: by name, what makes an empty gallery, and that matcher's threshold and
            margin.
    """

    def __init__(
        self,
        model: str,
        collector: Collector,
        matchers: Mapping[str, tuple[Callable[[], Gallery], float, float]],
        attacks: Callable[[Path], dict[str, Any]],
    ) -> None:
        self.model = model
        self._collector, self._matchers = collector, matchers
        self.evaluate_attacks = attacks

    def decision(self, matcher: str, threshold: float | None, votes: int, frames: int) -> Decision:
        """Raises SettingsError for an unknown matcher or an impossible vote."""
        if matcher not in self._matchers:
            raise SettingsError(
                f"--matcher is one of {', '.join(self._matchers)}, not {matcher!r}."
            )
        if not 1 <= votes <= max(frames, 1):
            raise SettingsError(f"A vote of {votes} of {frames} is impossible.")
        _, default, margin = self._matchers[matcher]
        return Decision(default if threshold is None else threshold, margin, votes)

    def evaluate(
        self,
        folder: Path,
        draw: Draw,
        matcher: str,
        decision: Decision,
        quality: str,
        photos: Progress,
        splits: Progress,
    ) -> tuple[Evaluation, list[tuple[Sample, float]]]:
        """The evaluation, and each sample's similarity to another photo of its person."""
        collection = self._collect(folder, photos)
        make_gallery, _, _ = self._matchers[matcher]
        found = evaluate(collection, draw, make_gallery, decision, quality=quality, progress=splits)
        return found, genuine_quality(collection)

    def evaluate_pairs(
        self, folder: Path, pairs_file: Path, threshold: float | None, photos: Progress
    ) -> dict[str, Any]:
        """Verification on a list of pairs."""
        pairs = read_pairs(pairs_file)
        collection = self._collector.collect(
            folder, photos_of(pairs, folder), photos, copies_count=True
        )
        chosen = VERIFY_THRESHOLD if threshold is None else threshold
        return evaluate_pairs(collection, pairs, chosen)

    def calibrate(self, folder: Path, target_fpir: float, photos: Progress) -> dict[str, Any]:
        """Calibration on a folder of people."""
        collection = self._collect(folder, photos)
        people = [
            Person(who, name, _vectors(collection, who))
            for who, name in enumerate(collection.names)
        ]
        return calibrate(people, target_fpir, collection.names) | {"model": self.model}

    def _collect(self, folder: Path, photos: Progress) -> Collection:
        return self._collector.collect(folder, people_in(folder), photos)


def _vectors(collection: Collection, who: int) -> Any:
    own = [sample.vector for sample in collection.samples if sample.person == who]
    return np.stack(own) if own else np.zeros((0, 0), np.float32)
