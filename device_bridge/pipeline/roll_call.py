"""Who is on a photo of many people.

Writes nothing; whether somebody was present is decided by whoever asks. Safe to use from
several threads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.event import Outcome
from device_bridge.domain.matching import DEFAULT_MARGIN, accept
from device_bridge.domain.quality import MATCH, Quality
from device_bridge.domain.resemblance import LOOK_ALIKE_BELOW, Similar
from device_bridge.domain.template import Candidate
from device_bridge.domain.tiles import moved, tiles, without_repeats
from device_bridge.pipeline.read import Reader
from device_bridge.ports import FaceDetector, FaceEmbedder, Gallery, People

MOST_FACES = 200
"""Told of one photo; the largest."""

SMALLEST_FACE_PX = 24
"""Looked for where the photo is small enough; faces are named from 44 px on, and those below
are shown to the reviewer."""

TILE_PX = 4096
"""Larger pictures are looked at in parts, too. The detector shrinks what it is given to 2048 px
and finds 20 px of that (adapters/face_deepface/yunet.py), so that up to here every face is found
that can be named; smaller parts would cost half a second each for faces that cannot."""

OVERLAP_PX = 320
MOST_SIMILAR = 3


class KnownPeople(Gallery, People, Protocol):
    """Everyone enrolled, to search and to compare."""


@dataclass(frozen=True, slots=True)
class SeenFace:
    """One face of a photo.

    Attributes:
        outcome: identified, no_candidate, ambiguous or low_quality.
        candidate: who it is; None unless identified.
        similar: people who at least look alike, closest first: whom a reviewer may mean.
    """

    face: Face
    quality: Quality | None
    outcome: Outcome
    candidate: Candidate | None
    similar: tuple[Similar, ...]


class CrowdDetector:
    """Implements ports.FaceDetector: finds the small faces of a large picture as well."""

    def __init__(self, detector: FaceDetector) -> None:
        """
        Args:
            detector: set to find faces from SMALLEST_FACE_PX on.
        """
        self._detector = detector

    def detect(self, image_bgr: ImageU8) -> tuple[Face, ...]:
        """Largest first, at most MOST_FACES. Raises as the detector within."""
        found = list(self._detector.detect(image_bgr))
        height, width = image_bgr.shape[:2]
        for x, y, across, down in tiles(width, height, TILE_PX, OVERLAP_PX):
            part = image_bgr[y : y + down, x : x + across]
            found += [moved(face, x, y) for face in self._detector.detect(part)]
        return tuple(without_repeats(found, MOST_FACES))


class RollCaller:
    """Names the faces of photos."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder, people: KnownPeople) -> None:
        self._reader = Reader(CrowdDetector(detector), embedder)
        self._people = people

    def look(self, image_bgr: ImageU8, threshold: float) -> list[SeenFace]:
        """Every face of a photo, largest first.

        One photo is one look, where a gate takes several: a person is named by threshold and
        margin, and what comes of it is for a reviewer to confirm.

        Args:
            threshold: least similarity, 0 to 1.
        """
        seen = []
        for one in self._reader.read(image_bgr, MATCH):
            outcome, candidate, similar = Outcome.LOW_QUALITY, None, tuple[Similar, ...]()
            if one.vector is not None:
                least = threshold - LOOK_ALIKE_BELOW
                similar = self._people.similar(one.vector, least, MOST_SIMILAR)
            if one.vector is not None and one.quality is not None and one.quality.usable:
                [candidate] = self._people.search(one.vector[None], model=self._reader.model)
                outcome = accept(candidate, threshold, DEFAULT_MARGIN)
            named = candidate if outcome is Outcome.IDENTIFIED else None
            seen.append(SeenFace(one.face, one.quality, outcome, named, similar))
        return seen
