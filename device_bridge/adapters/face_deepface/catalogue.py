"""The tables of models and detectors as a person reads them: `models list`, docs/models.md."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from device_bridge.adapters.face_deepface import detectors, fetch, models, weight_files, weights
from device_bridge.adapters.face_deepface.models import Backend


def rows(home: Path, backend: Backend) -> list[dict[str, Any]]:
    """A row per model, with the state of its files in `home`."""
    return [
        {
            "name": model.name,
            "model": model.id,
            "alignment": model.alignment.text,
            "dimension": model.dimension,
            "files": _state(home, model.files[backend]),
            "source": model.source,
            "licence": model.licence,
            "trained on": model.trained_on,
            "measured": model.measured,
        }
        for model in models.MODELS
    ]


def _state(home: Path, names: Iterable[str]) -> str:
    """ "verified", or the first thing that is wrong."""
    names = list(names)
    absent = [name for name in names if not weights.path_of(home, name).is_file()]
    if absent:
        return f"absent ({', '.join(absent)})"
    wrong = [name for name in names if weights.problem_of(home, name)]
    return f"not as expected ({', '.join(wrong)})" if wrong else "verified"


def files_for(names: Iterable[str], backend: Backend) -> list[str]:
    """The files behind names of models, detectors or files, and what those are made from.

    Raises:
        SettingsError: a name is none of these.
    """
    wanted: list[str] = []
    detector_names = {detector.name for detector in detectors.DETECTORS}
    for name in names:
        if name in weight_files.FILES:
            wanted.append(name)
        elif name == "fasnet":
            wanted += weight_files.FASNET
        elif name in detector_names:
            wanted += _files_of(detectors.find(name))
        else:
            wanted += models.find(name)[0].files[backend]
    return fetch.with_sources(wanted)


def _files_of(detector: detectors.Detector) -> list[str]:
    helped = detector.name == detectors.YUNET or detector.points < 5
    return [*detector.files, *([weight_files.YUNET_DYNAMIC] if helped else [])]


def markdown() -> str:
    """The two tables of docs/models.md."""
    lines = [
        "| name | model id | aligned to | dimension | trained on | weights from | licence | "
        "accuracy measured here |",
        "|---|---|---|--:|---|---|---|---|",
    ]
    lines += [
        f"| `{model.name}` | `{model.id}` | {model.alignment.text} | "
        f"{model.dimension} | {model.trained_on} | {model.source} | "
        f"{model.licence} | {'yes' if model.measured else 'no'} |"
        for model in models.MODELS
    ]
    lines += [
        "",
        "| detector | landmarks | least score | needs | licence |",
        "|---|---|--:|---|---|",
    ]
    lines += [
        f"| `{one.name}` | {_points(one)} | {one.min_score:g} | {_needs(one)} | {one.licence} |"
        for one in detectors.DETECTORS
    ]
    return "\n".join(lines)


def _points(detector: detectors.Detector) -> str:
    return "five of its own" if detector.points == 5 else "YuNet's, in its boxes"


def _needs(detector: detectors.Detector) -> str:
    package = [f"`{detector.needs[1]}`"] if detector.needs else []
    files = [f"`models fetch {detector.name}`"] if detector.files else []
    return ", ".join([*package, *files]) or "nothing more"
