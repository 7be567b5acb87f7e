"""`make bulk`: 1,000 photos with 50 planted faults, undisturbed and killed in the middle.

Both ways must tell the same of every photo. Prints how fast it was, beside the engine alone.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from pathlib import Path

from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.adapters.images import decode_image
from device_bridge.domain.quality import ENROL, assess
from device_bridge.errors import FaceNotUsable, ImageUnreadable
from tests import crowd
from tests.bench.measure import say
from tests.bulk.batch import Batch, Studio, jpeg, make
from tests.bulk.place import Place
from tools import faces, paths, postgres
from tools.odoo_server import OdooServer

BADGES = [f"P{number:03}" for number in range(9)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1000)
    parser.add_argument("--faults", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=paths.BUILD) as scratch:
        folder = Path(scratch)
        with (
            postgres.acquire(fsync=False) as server,
            crowd.odoo_with(server, "bulk", folder, workers=2) as web,
        ):
            return _run(web, folder, given.photos, given.faults)


def _run(web: OdooServer, folder: Path, photos: int, faults: int) -> int:
    registry = Registry(paths.CACHE / "weights")
    place, batch = site(web, folder, registry, photos, faults)
    say(f"{photos} photos of {len(BADGES)} people, {faults} faults,"
          f" {len(set(batch.expected.values())) - 1} kinds")  # fmt: skip
    engine_s = engine_alone(registry, list(batch.files.values()))
    with place.service():
        took_s = undisturbed(place, batch)
        say(f"undisturbed: {took_s:.1f} s; the engine alone: {engine_s:.1f} s;"
              f" {engine_s / took_s:.0%} of its throughput")  # fmt: skip
        first = place.templates()
        place.forget()
        killed(place, batch, web)
    same = place.templates() == first
    say(f"killed twice: {'the same' if same else 'OTHER TEMPLATES'}")
    return 0 if same else 1


def site(
    web: OdooServer, folder: Path, registry: Registry, photos: int, faults: int
) -> tuple[Place, Batch]:
    """A company with people, one of them enrolled, and a batch for it."""
    studio = Studio(registry.detector(), registry.embedder())
    enrolled, hesitant, *others = studio.subjects(list(faces.photos().values()))
    place = Place(web.base_url, crowd.log_in(web), folder)
    people = list(zip(BADGES, others, strict=False))
    place.people([badge for badge, _ in people] + ["KNOWN"])
    place.people(["SHY"], consent=False)
    photo = folder / "KNOWN.jpg"
    photo.write_bytes(jpeg(studio.photo(enrolled, 7)))
    place.bridge("enrol", "--named-by", "badge", photo)
    return place, make(studio, people, enrolled, ("SHY", hesitant), photos=photos, faults=faults)


def undisturbed(place: Place, batch: Batch) -> float:
    """Seconds from the job's start to its end, as Odoo noted them."""
    job = place.upload("undisturbed", batch.zipped())
    place.start(job)
    place.wait(job, 3600)
    _must_tell(place, job, batch)
    row = place.job(job)
    start, end = (datetime.fromisoformat(row[name]) for name in ("started_at", "finished_at"))
    return (end - start).total_seconds()


def killed(place: Place, batch: Batch, web: OdooServer) -> None:
    job = place.upload("killed", batch.zipped())
    place.start(job)
    for part in (0.3, 0.7):
        place.wait(job, 3600, until_handled=round(part * len(batch.files)))
        web.kill()
        web.start()
        web.wait_ready()
    place.wait(job, 3600)
    _must_tell(place, job, batch)


def engine_alone(registry: Registry, photos: list[bytes]) -> float:
    """Seconds in which one thread decodes, detects, judges, aligns and embeds the same photos."""
    detector, embedder = registry.detector(), registry.embedder()
    started_s = time.perf_counter()
    for photo in photos:
        try:
            image = decode_image(photo, "photo")
            for face in detector.detect(image):
                chip = embedder.align(image, face)
                assess(face, chip, image.shape, ENROL)
                embedder.embed([chip])
        except (ImageUnreadable, FaceNotUsable):
            continue
    return time.perf_counter() - started_s


def _must_tell(place: Place, job: int, batch: Batch) -> None:
    told = place.told(job)
    wrong = {
        name: (told.get(name), expected)
        for name, expected in batch.expected.items()
        if told.get(name) != expected
    }
    if wrong or set(told) != set(batch.expected):
        raise SystemExit(f"{len(wrong)} photos were told something else: {list(wrong.items())[:9]}")


if __name__ == "__main__":
    raise SystemExit(main())
