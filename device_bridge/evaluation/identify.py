"""Open-set identification on a folder of people: the numbers of `evaluate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from device_bridge.errors import SettingsError
from device_bridge.evaluation import rates
from device_bridge.evaluation.collection import Collection, Sample
from device_bridge.evaluation.searches import (
    Decision,
    MakeGallery,
    Search,
    search_split,
    similarities,
)
from device_bridge.evaluation.splits import Available, Draw, draw_splits

QUALITY = ("off", "gate")
Report = dict[str, Any]
Intervals = dict[str, rates.Interval | None]
FPIRS = {"tpir_at_fpir0": 0.0, "tpir_at_fpir_0.01": 0.01}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found.

    Attributes:
        report: for JSON (docs/evaluation.md lists the keys).
        searches: of all splits together, for the plots.
    """

    report: dict[str, Any]
    searches: list[Search]


def evaluate(
    collection: Collection,
    draw: Draw,
    make_gallery: MakeGallery,
    decision: Decision,
    *,
    quality: str = "off",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Enrol, search and count, over all splits.

    Args:
        quality: "off": every detected face counts; "gate": only what the gate would
            compare, and the registration station would enrol.

    Raises:
        SettingsError: too few people or photos.
    """
    if quality not in QUALITY:
        raise SettingsError(f"--quality is one of {', '.join(QUALITY)}, not {quality!r}.")
    if not collection.samples:
        raise SettingsError("No photo shows a face that can be used.")
    people = available(collection, quality)
    splits = draw_splits(people, draw)
    vectors = np.stack([sample.vector for sample in collection.samples])
    by_split = []
    for number, split in enumerate(splits):
        progress(number, len(splits))
        by_split.append(search_split(split, vectors, make_gallery, decision))
    progress(len(splits), len(splits))
    searches = [one for split in by_split for one in split]
    acquired, acquired_within = _acquired(collection, draw, quality)
    identified, identified_within = _identified(by_split)
    report = {
        **acquired,
        **identified,
        "intervals": {**acquired_within, **identified_within},
        "interval_sources": rates.SOURCES,
        "threshold": decision.threshold,
        "margin": decision.margin,
        "n_people": len(collection.names),
        **asdict(draw),
        "strangers": len(people) - len(splits[0].enrolled),
        "votes": decision.votes,
        "quality": quality,
        "too_few_photos": [
            name
            for name, one in zip(collection.names, people, strict=True)
            if not one.suffices(draw)
        ],
        "unreadable": [list(one) for one in collection.unreadable],
        "no_face": collection.faceless,
        "copies": collection.copies,
        "several_faces": collection.crowded,
        "enlarged": collection.enlarged,
    }
    return Evaluation(report, searches)


def available(collection: Collection, quality: str) -> list[Available]:
    """Per person the samples that may be enrolled and looked for."""
    gate = quality == "gate"
    enrol: list[list[int]] = [[] for _ in collection.names]
    match: list[list[int]] = [[] for _ in collection.names]
    for index, sample in enumerate(collection.samples):
        if not (gate and sample.to_enrol):
            enrol[sample.person].append(index)
        if not (gate and sample.to_match):
            match[sample.person].append(index)
    return [Available(tuple(a), tuple(b)) for a, b in zip(enrol, match, strict=True)]


def _acquired(collection: Collection, draw: Draw, quality: str) -> tuple[Report, Intervals]:
    """FTA and FTE, by either rule and with the reasons."""
    photos = sum(collection.photos)
    by_rule = {rule: _refusals(collection, draw, rule) for rule in QUALITY}
    chosen = by_rule[quality]
    report = {key: chosen[key] for key in ("fta", "fte")}
    return {**report, "n_photos": photos, "acquisition": by_rule}, {
        "fta": rates.wilson(round((chosen["fta"] or 0) * photos), photos),
        "fte": rates.wilson(chosen["people_not_enrolled"], chosen["people_with_photos"]),
    }


def _refusals(collection: Collection, draw: Draw, rule: str) -> dict[str, Any]:
    """One rule's failures. FTE is of the people who have photos enough to be enrolled."""
    gate = rule == "gate"
    photos = sum(collection.photos)
    refused = [one for one in collection.samples if gate and one.to_match]
    people = available(collection, rule)
    with_photos = [who for who, count in enumerate(collection.photos) if count > draw.enrol]
    failed = [who for who in with_photos if len(people[who].to_enrol) < draw.enrol]
    return {
        "fta": (len(collection.faceless) + len(refused)) / photos if photos else None,
        "fte": len(failed) / len(with_photos) if with_photos else None,
        "people_with_photos": len(with_photos),
        "people_not_enrolled": len(failed),
        "to_match": _reasons(collection, [one.to_match for one in collection.samples], gate),
        "to_enrol": _reasons(collection, [one.to_enrol for one in collection.samples], gate),
    }


def _reasons(
    collection: Collection, defects: Sequence[tuple[str, ...]], gate: bool
) -> dict[str, int]:
    """Photos per reason; one photo may have several."""
    counts = Counter(reason for one in defects for reason in one) if gate else Counter[str]()
    counts["no_face"] = len(collection.faceless)
    return dict(sorted(counts.items()))


def _identified(by_split: list[list[Search]]) -> tuple[Report, Intervals]:
    """Rates over the searches of all splits."""
    searches = [one for split in by_split for one in split]
    mated = [one for one in searches if one.enrolled]
    strangers = [one for one in searches if not one.enrolled]
    if not mated:
        raise SettingsError("Nobody who is enrolled has a photo left to be looked for.")
    intervals: Intervals = {}
    result: Report = {"n_genuine": len(mated), "n_impostor": len(strangers)}

    def put(key: str, of: Sequence[Search], flags: Sequence[bool]) -> None:
        result[key] = rates.share(flags)
        intervals[key] = rates.over_people([one.person for one in of], flags)

    put("rank1", mated, [one.right for one in mated])
    put("fnir_at_default_threshold", mated, [one.decided != one.person for one in mated])
    put("fpir_at_default_threshold", strangers, [one.decided is not None for one in strangers])
    put("misidentified", mated, [one.decided not in (None, one.person) for one in mated])
    for key, target in FPIRS.items():
        if strangers:
            put(key, mated, _hits_at(by_split, target))
        else:
            result[key] = None
    result["tpir_at_default_threshold"] = 1 - result["fnir_at_default_threshold"]
    result["fixed_on_other_splits"] = _fixed(by_split)
    return result, intervals


def _hits_at(by_split: list[list[Search]], target: float) -> list[bool]:
    """Whether each search of somebody enrolled names them, with each split's own threshold."""
    hits = []
    for split in by_split:
        threshold = rates.threshold_at_fpir(_strangers(split), target)
        hits += [one.right and one.similarity >= threshold for one in split if one.enrolled]
    return hits


def _fixed(by_split: list[list[Search]]) -> dict[str, Any] | None:
    """TPIR and FPIR of each split at the threshold that the strangers of all others give."""
    if len(by_split) < 2 or not any(len(_strangers(split)) for split in by_split):
        return None
    result = {}
    for name, target in (("fpir_0", 0.0), ("fpir_0.01", 0.01)):
        hits: list[bool] = []
        alarms: list[bool] = []
        thresholds = []
        for number, split in enumerate(by_split):
            others = [_strangers(other) for i, other in enumerate(by_split) if i != number]
            threshold = rates.threshold_at_fpir(np.concatenate(others), target)
            thresholds.append(threshold)
            hits += [one.right and one.similarity >= threshold for one in split if one.enrolled]
            alarms += [one.similarity >= threshold for one in split if not one.enrolled]
        result[name] = {
            "tpir": rates.share(hits),
            "fpir": rates.share(alarms),
            "threshold_mean": float(np.mean(thresholds)),
        }
    return result


def _strangers(split: Sequence[Search]) -> rates.Floats:
    return similarities([one for one in split if not one.enrolled])


def genuine_quality(collection: Collection) -> list[tuple[Sample, float]]:
    """Each sample with its similarity to the closest other photo of the same person."""
    by_person: dict[int, list[Sample]] = {}
    for sample in collection.samples:
        by_person.setdefault(sample.person, []).append(sample)
    pairs = []
    for own in by_person.values():
        if len(own) < 2:
            continue
        rows = np.stack([sample.vector for sample in own])
        products = rows @ rows.T
        np.fill_diagonal(products, -1)
        pairs += list(zip(own, products.max(axis=1).tolist(), strict=True))
    return pairs
