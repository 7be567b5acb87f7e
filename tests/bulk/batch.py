"""A zip of photos of distinct people, many of each, and faults of every kind among them.

The people are the distinct faces of the packages' photos (tools/faces.py); their many photos
are variations of one: light, tilt, place, size, noise, compression.
"""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from device_bridge.adapters.images import decode_image, read_image
from device_bridge.domain.capture import Face, ImageU8
from device_bridge.domain.quality import ENROL, Defect, assess
from device_bridge.domain.template import Vectors
from device_bridge.errors import FaceNotUsable
from device_bridge.ports import FaceDetector, FaceEmbedder

FRAME_PX = (480, 640)
FACE_PX = 220
_DISTINCT = 0.925
"""Two photos' faces below this similarity are two people here, and far enough from the 0.95 of
gates that their variations do not meet."""


@dataclass(frozen=True)
class Subject:
    """A head: the part of a photo that a variation is made of."""

    image: ImageU8
    face: Face


@dataclass
class Batch:
    """Files by name, and what must be told of each: a reason, or "used"."""

    files: dict[str, bytes] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes, told: str) -> None:
        assert name not in self.files, name
        self.files[name], self.expected[name] = content, told

    def zipped(self) -> bytes:
        """Stored, as cameras and phones pack photos; one entry is marked as encrypted."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as made:
            for name, content in self.files.items():
                info = zipfile.ZipInfo(name)
                info.flag_bits = 1 if self.expected[name] == "encrypted" else 0
                made.writestr(info, content)
        raw = bytearray(file.getvalue())
        for name, told in self.expected.items():
            if told == "encrypted":
                _mark_encrypted(raw, name.encode())
        return bytes(raw)


class Studio:
    """Finds people and takes photos of them that the engine finds fit."""

    def __init__(self, detector: FaceDetector, embedder: FaceEmbedder) -> None:
        self._detector, self._embedder = detector, embedder

    def subjects(self, photos: Sequence[Path]) -> list[Subject]:
        """The distinct people of these photos who can be enrolled, in a fixed order."""
        found: list[Subject] = []
        known: list[Vectors] = []
        for path in sorted(photos):
            image = read_image(path)
            for face in self._detector.detect(image):
                subject = self._alone(image, face)
                vector = None if subject is None else self._template(subject.image)
                if subject is None or vector is None:
                    continue
                if all(float(vector @ other) < _DISTINCT for other in known):
                    found.append(subject)
                    known.append(vector)
        return found

    def photo(self, subject: Subject, seed: int) -> ImageU8:
        """A variation of somebody that can be enrolled."""
        own = self._template(subject.image)
        while True:
            image = variation(subject, seed)
            vector = self._template(decode_image(jpeg(image), "photo"))
            if vector is not None and own is not None and float(vector @ own) >= 0.955:
                return image
            seed += 10_000_000

    def poor(self, images: Iterable[ImageU8], defect: Defect) -> ImageU8:
        """The first of these pictures whose only face has this defect."""
        for image in images:
            faces = self._detector.detect(image)
            if len(faces) != 1:
                continue
            try:
                chip = self._embedder.align(image, faces[0])
            except FaceNotUsable:
                continue
            if defect in assess(faces[0], chip, image.shape, ENROL).defects:
                return image
        raise ValueError(f"none of these pictures is {defect}")

    def _template(self, image: ImageU8) -> Vectors | None:
        """Of the only face of a picture, if it is fit."""
        faces = self._detector.detect(image)
        if len(faces) != 1:
            return None
        try:
            chip = self._embedder.align(image, faces[0])
        except FaceNotUsable:
            return None
        fit = assess(faces[0], chip, image.shape, ENROL).usable
        return self._embedder.embed([chip])[0] if fit else None

    def _alone(self, image: ImageU8, face: Face) -> Subject | None:
        """One face of a photo with nobody else around it."""
        x, y, width, height = face.box_px
        around = 0.55
        top, left = max(0, int(y - around * height)), max(0, int(x - around * width))
        part = image[top : int(y + height * (1 + around)), left : int(x + width * (1 + around))]
        scale = 300 / height
        grown = _u8(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC))
        found = self._detector.detect(grown)
        return Subject(grown, found[0]) if len(found) == 1 else None


def variation(subject: Subject, seed: int, face_px: float = FACE_PX) -> ImageU8:
    """Another photo of somebody: (640, 480, 3) BGR."""
    rng = np.random.default_rng(seed)
    width, height = FRAME_PX
    scale = face_px / subject.face.height_px * rng.uniform(0.92, 1.08)
    matrix = cv2.getRotationMatrix2D(subject.face.centre_px, rng.uniform(-4, 4), scale)
    matrix[:, 2] += np.array([width / 2, height / 2]) - subject.face.centre_px
    matrix[:, 2] += rng.uniform(-25, 25, 2)
    turned = cv2.warpAffine(
        subject.image,
        matrix,
        (width, height),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    lit = turned.astype(np.float32) * rng.uniform(0.9, 1.08) + rng.normal(0, 2, turned.shape)
    return _u8(lit)


def jpeg(image: ImageU8, quality: int = 88) -> bytes:
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def make(
    studio: Studio,
    people: Sequence[tuple[str, Subject]],
    enrolled: Subject,
    without_consent: tuple[str, Subject],
    *,
    photos: int,
    faults: int,
) -> Batch:
    """A batch of `photos` photos, `faults` of them planted.

    Args:
        people: badge and face of those who are to be enrolled.
        enrolled: somebody who is enrolled already, under another badge.
        without_consent: badge and face.
    """
    batch = Batch()
    for number in range(photos - faults):
        badge, subject = people[number % len(people)]
        take = number // len(people)
        name = f"{badge}_{take}.jpg" if take % 2 else f"{badge}/photo {take}.jpg"
        batch.add(name, jpeg(studio.photo(subject, number)), "used")
    planted = _faults(studio, people, enrolled, without_consent)
    for number in range(faults):
        name, content, told = next(planted)
        batch.add(name.format(number), content, told)
    return batch


def _faults(
    studio: Studio,
    people: Sequence[tuple[str, Subject]],
    enrolled: Subject,
    without_consent: tuple[str, Subject],
) -> Iterator[tuple[str, bytes, str]]:
    """(name, bytes, reason), one kind after the other, for ever; `{}` numbers the name."""
    for seed in itertools.count(1_000_000):
        badge, subject = people[seed % len(people)]
        _, other = people[(seed + 1) % len(people)]
        own, others = studio.photo(subject, seed), studio.photo(other, seed)
        small = (variation(subject, seed, face_px) for face_px in (55, 60, 65, 70))
        blurred = (_u8(cv2.GaussianBlur(own, (0, 0), sigma)) for sigma in (7, 6, 5, 4.5, 4))
        for folder, ending, content, told in (
            ("", ".jpg", jpeg(_wall(seed)), "no_face"),
            ("", ".jpg", jpeg(_u8(np.hstack([own, others]))), "multiple_faces"),
            ("", ".jpg", jpeg(studio.poor(small, Defect.TOO_FAR)), "low_quality"),
            ("", ".jpg", jpeg(studio.poor(blurred, Defect.BLURRED)), "low_quality"),
            ("", ".jpg", jpeg(own)[:9000], "unreadable"),
            ("", ".jpg", b"%PDF-1.7 scanned", "unreadable"),
            ("", ".jpg", jpeg(studio.photo(enrolled, seed)), "duplicate"),
            ("", ".jpg", jpeg(others), "duplicate_batch"),
            ("../", ".jpg", jpeg(own), "unsafe_path"),
            ("", ".zip", b"PK", "archive"),
            ("", ".jpg", jpeg(own), "encrypted"),
            ("", ".jpg", bytes(7_500_001), "too_large"),
        ):
            yield f"{folder}{badge}/fault {{}}{ending}", content, told
        yield "NOBODY_{}.jpg", jpeg(own), "unknown_person"
        yield (
            f"{badge}/{people[(seed + 1) % len(people)][0]}_{{}}.jpg",
            jpeg(own),
            "ambiguous_person",
        )
        yield f"{without_consent[0]}_{{}}.jpg", jpeg(own), "no_consent"


def _wall(seed: int) -> ImageU8:
    noise = np.random.default_rng(seed).normal(150, 8, (FRAME_PX[1], FRAME_PX[0], 3))
    return _u8(noise)


def _u8(image: object) -> ImageU8:
    return np.clip(np.asarray(image, np.float32), 0, 255).astype(np.uint8)


def _mark_encrypted(raw: bytearray, name: bytes) -> None:
    """Set the flag that zipfile cannot write, in the entry and in the directory."""
    start = -1
    while (start := raw.find(name, start + 1)) >= 0:
        for mark, back, flag in ((b"PK\x03\x04", 30, 6), (b"PK\x01\x02", 46, 8)):
            if raw[start - back : start - back + 4] == mark:
                raw[start - back + flag] |= 1
