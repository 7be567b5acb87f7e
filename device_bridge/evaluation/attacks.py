"""How well the passive detector tells attacks from people, in the terms of ISO/IEC 30107-3.

A folder holds `bona_fide/` and one sub-folder per attack species (`print/`, `replay/` …).
In each of them a photo is a presentation of one frame, and a folder of photos a
presentation of several frames, voted over as at a gate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from device_bridge.domain.capture import ImageU8
from device_bridge.domain.liveness import LEAST_FRAMES, REAL_AT, PadLook, PadVerdict, vote
from device_bridge.errors import FaceNotUsable, ImageUnreadable, SettingsError
from device_bridge.evaluation.collection import PHOTOS, ReadPhoto
from device_bridge.evaluation.rates import SOURCES, wilson
from device_bridge.ports import AttackDetector, FaceDetector

BONA_FIDE = "bona_fide"
FEW = 300
"""By the rule of three: no error among 300 presentations still allows a rate of 1 %."""

NO_RESPONSE = "no_response"
"""Neither verdict: no face was found, or no frame could be read."""

Progress = Callable[[int, int], None]


def evaluate_attacks(
    folder: Path,
    read: ReadPhoto,
    detector: FaceDetector,
    attack_detector: AttackDetector,
    progress: Progress = lambda done, total: None,
) -> dict[str, Any]:
    """APCER per species, BPCER, and how little or much they establish.

    Raises:
        SettingsError: the folder has no sub-folder with photos.
    """
    found = _presentations(folder)
    total = sum(len(ones) for ones in found.values())
    done = 0
    counts: dict[str, Counter[str]] = {}
    for species, presentations in found.items():
        counts[species] = Counter()
        for paths in presentations:
            looks = list(_looks(paths, read, detector, attack_detector))
            counts[species][_verdict(looks, single=len(paths) == 1)] += 1
            done += 1
            progress(done, total)
    attacks = {name: _species(ones) for name, ones in counts.items() if name != BONA_FIDE}
    bona_fide = _bona_fide(counts[BONA_FIDE]) if BONA_FIDE in counts else None
    return {
        "standard": "ISO/IEC 30107-3",
        "species": attacks,
        "worst_apcer": max((one["apcer"] for one in attacks.values()), default=None),
        "bona_fide": bona_fide,
        "score_at_least": REAL_AT,
        "frames_at_least": LEAST_FRAMES,
        "intervals": SOURCES["wilson"],
        "remarks": list(_remarks(attacks, bona_fide)),
    }


def _presentations(folder: Path) -> dict[str, list[list[Path]]]:
    """The photos of each presentation of each species, in alphabetical order."""
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder.")
    found = {}
    for place in sorted(folder.iterdir()):
        if not place.is_dir() or place.name.startswith("."):
            continue
        entries = [
            _photos(entry) if entry.is_dir() else [entry] * _is_photo(entry)
            for entry in sorted(place.iterdir())
        ]
        if any(entries):
            found[place.name] = [paths for paths in entries if paths]
    if not found:
        raise SettingsError(
            f"{folder} holds no presentations: it needs {BONA_FIDE}/ and a folder per species."
        )
    return found


def _photos(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_photo(path))


def _is_photo(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() in PHOTOS


def _looks(
    paths: Sequence[Path],
    read: ReadPhoto,
    detector: FaceDetector,
    attack_detector: AttackDetector,
) -> Iterator[PadLook]:
    for path in paths:
        try:
            image: ImageU8 = read(path)
            faces = detector.detect(image)
            if faces:
                yield attack_detector.look(image, faces[0])
        except (ImageUnreadable, FaceNotUsable):
            continue  # a frame without an opinion; without any, there was no response


def _verdict(looks: Sequence[PadLook], *, single: bool) -> str:
    """A photo on its own cannot be voted over: its one frame decides."""
    if not looks:
        return NO_RESPONSE
    if not single:
        return str(vote(looks))
    if looks[0].is_bona_fide:
        return str(PadVerdict.BONA_FIDE)
    return str(PadVerdict.UNDECIDED if looks[0].is_real else PadVerdict.ATTACK)


def _species(verdicts: Counter[str]) -> dict[str, Any]:
    presentations = verdicts.total()
    accepted = verdicts[PadVerdict.BONA_FIDE]
    return {
        "presentations": presentations,
        "accepted": accepted,
        "apcer": accepted / presentations,
        "interval": wilson(accepted, presentations),
        "undecided": verdicts[PadVerdict.UNDECIDED],
        NO_RESPONSE: verdicts[NO_RESPONSE],
    }


def _bona_fide(verdicts: Counter[str]) -> dict[str, Any]:
    """Somebody undecided is refused like an attack, and so counts as an error; where no
    face is found nobody was judged."""
    judged = verdicts.total() - verdicts[NO_RESPONSE]
    refused = judged - verdicts[PadVerdict.BONA_FIDE]
    return {
        "presentations": verdicts.total(),
        "refused": refused,
        "bpcer": refused / judged if judged else None,
        "interval": wilson(refused, judged),
        "undecided": verdicts[PadVerdict.UNDECIDED],
        NO_RESPONSE: verdicts[NO_RESPONSE],
    }


def _remarks(attacks: dict[str, Any], bona_fide: dict[str, Any] | None) -> Iterator[str]:
    for name, one in attacks.items():
        high = one["interval"][1]
        size = one["presentations"]
        text = f"{name}: {one['accepted']} of {size} accepted; up to {high:.1%} is likely as well"
        yield f"{text}. {size} presentations establish nothing." if size < FEW else f"{text}."
    if not attacks:
        yield "No attacks were shown: nothing is known about APCER."
    if bona_fide is None:
        yield "Nobody bona fide was shown: nothing is known about BPCER."
    elif bona_fide["interval"] is not None:
        judged = bona_fide["presentations"] - bona_fide[NO_RESPONSE]
        high = bona_fide["interval"][1]
        yield (
            f"{BONA_FIDE}: {bona_fide['refused']} of {judged} refused; "
            f"up to {high:.1%} is likely as well."
        )
