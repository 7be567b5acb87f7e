"""Verification on a list of pairs of photos: same person or not."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_bridge.errors import SettingsError
from device_bridge.evaluation import rates
from device_bridge.evaluation.collection import Collection

_SAME = {"1", "same", "true", "yes"}
_DIFFERENT = {"0", "different", "false", "no"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos, by their names in the folder."""

    one: str
    other: str
    same: bool


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a CSV file with a header and two file names and a verdict per row.

    The verdict is yes or no, 1 or 0, true or false, same or different.

    Raises:
        SettingsError: the file cannot be read or is of another form, naming the line.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(f"{path} cannot be read as CSV: {error}.") from error
    pairs = []
    for number, row in enumerate(rows[1:], 2):
        if not row:
            continue
        verdict = row[2].strip().lower() if len(row) == 3 else ""
        if verdict not in _SAME | _DIFFERENT:
            raise SettingsError(f"{path}, line {number}: two photos and yes or no are expected.")
        pairs.append(Pair(row[0].strip(), row[1].strip(), verdict in _SAME))
    if not pairs:
        raise SettingsError(f"{path} holds no pairs.")
    return pairs


def photos_of(pairs: list[Pair], folder: Path) -> dict[str, list[Path]]:
    """Each photo as a "person" of its own, for `Collector.collect`.

    Raises:
        SettingsError: a name leads out of the folder.
    """
    names = sorted({name for pair in pairs for name in (pair.one, pair.other)})
    root = folder.resolve()
    for name in names:
        if not (root / name).resolve().is_relative_to(root):
            raise SettingsError(f"{name!r} is not in {folder}.")
    return {name: [folder / name] for name in names}


def evaluate_pairs(collection: Collection, pairs: list[Pair], threshold: float) -> dict[str, Any]:
    """How well a threshold tells the pairs apart, and whether any threshold would.

    Pairs with a photo that shows no face are counted, and judged different.

    Args:
        collection: of `photos_of(pairs, …)`.
    """
    vectors = {sample.photo: sample.vector for sample in collection.samples}
    known = [pair for pair in pairs if pair.one in vectors and pair.other in vectors]
    scores = np.array([float(vectors[one.one] @ vectors[one.other]) for one in known])
    same = np.array([pair.same for pair in known], bool)
    lost = [pair for pair in pairs if pair.one not in vectors or pair.other not in vectors]
    wrong = [
        [pair.one, pair.other, round(float(score), 4)]
        for pair, score in zip(known, scores, strict=True)
        if (score >= threshold) != pair.same
    ]
    right = len(known) - len(wrong) + sum(not pair.same for pair in lost)
    accepted = scores >= threshold
    return {
        "accuracy": right / len(pairs),
        "fmr": _part(accepted[~same]),
        "fnmr": _part(~accepted[same]),
        "threshold": threshold,
        **_separating(scores, same),
        "n_people": None,
        "n_genuine": int(same.sum()),
        "n_impostor": int((~same).sum()),
        "fta": len(collection.faceless) / max(1, sum(collection.photos)),
        "intervals": {
            "accuracy": rates.wilson(right, len(pairs)),
            "fmr": rates.wilson(int(accepted[~same].sum()), int((~same).sum())),
            "fnmr": rates.wilson(int((~accepted[same]).sum()), int(same.sum())),
        },
        "interval_sources": rates.SOURCES,
        "wrong": wrong,
        "pairs_without_a_face": len(lost),
        "unreadable": [list(one) for one in collection.unreadable],
        "no_face": collection.faceless,
    }


def _part(flags: NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if len(flags) else None


def _separating(scores: rates.Floats, same: NDArray[np.bool_]) -> dict[str, Any]:
    """The least similar pair of one person and the most similar of two."""
    least = float(scores[same].min()) if same.any() else None
    most = float(scores[~same].max()) if (~same).any() else None
    return {
        "least_genuine": least,
        "most_impostor": most,
        "separable": least is not None and most is not None and least > most,
    }
