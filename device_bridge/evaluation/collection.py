"""A folder of people as samples: every photo read, looked at and embedded once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from device_bridge.domain.capture import ImageU8
from device_bridge.domain.quality import ENROL, MATCH, Measures, judge, measure
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable, ImageUnreadable, SettingsError
from device_bridge.evaluation.finder import FaceFinder, Found, well_exposed
from device_bridge.ports import FaceEmbedder

Progress = Callable[[int, int], None]
"""Called with photos done and photos in all."""

ReadPhoto = Callable[[Path], ImageU8]

PHOTOS = {".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
MULTIPLE_FACES = "multiple_faces"
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Sample:
    """One face in one photo.

    Attributes:
        person: index into `Collection.names`.
        vector: (dimension,) float32 of length one.
        quality: 0–1, by the gate's thresholds to match.
        to_match, to_enrol: what the quality gate finds wrong with it for either use.
    """

    person: int
    photo: str
    vector: Vectors
    quality: float
    to_match: tuple[str, ...]
    to_enrol: tuple[str, ...]


@dataclass
class Collection:
    """What became of every photo of a folder; photos are named relative to it.

    Attributes:
        names: one per person.
        photos: photos per person that could be read and are no copies.
        unreadable: photo and reason.
        faceless: photos in which no face was found.
        copies: photos with the very pixels of another one of the collection.
        crowded: photos with several large faces; the largest was taken.
        enlarged: photos too small to be looked at as they are.
    """

    names: tuple[str, ...]
    photos: list[int]
    samples: list[Sample] = field(default_factory=list)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    faceless: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)
    crowded: int = 0
    enlarged: int = 0


def people_in(folder: Path) -> dict[str, list[Path]]:
    """The photos of each person: one sub-folder each, in alphabetical order.

    Raises:
        SettingsError: there is no such folder, or nobody in it.
    """
    if not folder.is_dir():
        raise SettingsError(f"{folder} is no folder.")
    people = {
        place.name: sorted(
            path for path in place.rglob("*") if path.suffix.lower() in PHOTOS and path.is_file()
        )
        for place in sorted(folder.iterdir())
        if place.is_dir() and not place.name.startswith(".")
    }
    people = {name: photos for name, photos in people.items() if photos}
    if not people:
        raise SettingsError(f"{folder} holds no photos: it needs one folder per person.")
    return people


class Collector:
    """Reads photos and makes samples of them."""

    def __init__(self, read: ReadPhoto, finder: FaceFinder, embedder: FaceEmbedder) -> None:
        self._read, self._finder, self._embedder = read, finder, embedder

    def collect(
        self,
        folder: Path,
        people: dict[str, list[Path]],
        progress: Progress,
        *,
        copies_count: bool = False,
    ) -> Collection:
        """Everybody's samples. What cannot be used is noted, never fatal.

        Args:
            copies_count: keep photos with the same pixels as another one.
        """
        collection = Collection(tuple(people), [0] * len(people))
        listed = [(who, path) for who, paths in enumerate(people.values()) for path in paths]
        seen: set[bytes] = set()
        waiting: list[tuple[Sample, ImageU8]] = []
        for number, (who, path) in enumerate(listed):
            progress(number, len(listed))
            if copies_count:
                seen.clear()
            made = self._sample(collection, who, path, str(path.relative_to(folder)), seen)
            if made is not None:
                waiting.append(made)
            if len(waiting) == _BATCH:
                collection.samples += self._embedded(waiting)
                waiting = []
        collection.samples += self._embedded(waiting)
        progress(len(listed), len(listed))
        return collection

    def _sample(
        self, collection: Collection, who: int, path: Path, name: str, seen: set[bytes]
    ) -> tuple[Sample, ImageU8] | None:
        """A sample that waits for its vector, and its chip."""
        try:
            photo = self._read(path)
        except ImageUnreadable as error:
            collection.unreadable.append((name, str(error)))
            return None
        pixels = hashlib.sha256(repr(photo.shape).encode() + photo.tobytes()).digest()
        if pixels in seen:
            collection.copies.append(name)
            return None
        seen.add(pixels)
        collection.photos[who] += 1
        found = self._finder.find(photo)
        try:
            chip = None if found is None else self._embedder.align(found.image_bgr, found.face)
        except FaceNotUsable:
            chip = None
        if found is None or chip is None:
            collection.faceless.append(name)
            return None
        collection.enlarged += found.scale > 1
        collection.crowded += found.others > 0
        sample = _judged(who, name, found, chip, photo.shape)
        return sample, well_exposed(chip) if found.scale > 1 else chip

    def _embedded(self, waiting: Sequence[tuple[Sample, ImageU8]]) -> Iterable[Sample]:
        vectors = self._embedder.embed([chip for _, chip in waiting])
        return [
            replace(sample, vector=vector)
            for (sample, _), vector in zip(waiting, vectors, strict=True)
        ]


def _judged(
    who: int, name: str, found: Found, chip: ImageU8, photo_shape: tuple[int, ...]
) -> Sample:
    measures = _of_photo(measure(found.face, chip, found.image_bgr.shape), found, photo_shape)
    matching, enrolling = judge(measures, MATCH), judge(measures, ENROL)
    crowd = (MULTIPLE_FACES,) if found.others else ()
    return Sample(
        person=who,
        photo=name,
        vector=_NO_VECTOR,
        quality=matching.score,
        to_match=tuple(map(str, matching.defects)),
        to_enrol=tuple(map(str, enrolling.defects)) + crowd,
    )


def _of_photo(measures: Measures, found: Found, photo_shape: tuple[int, ...]) -> Measures:
    """Measures of an enlarged or framed picture in pixels of the photo itself."""
    height_px = measures.height_px / found.scale
    return replace(measures, height_px=height_px, frame_part=height_px / photo_shape[0])


_NO_VECTOR: Vectors = np.zeros(0, np.float32)
