"""An import of photos with faults of every kind, killed in the middle; `make bulk` is longer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device_bridge.adapters.face_deepface.registry import Registry
from tests.bulk.batch import Batch, Studio, jpeg, make
from tests.bulk.place import Place
from tests.e2e.conftest import World
from tools import postgres

PHOTOS, FAULTS = 60, 17
BADGES = [f"P{number:03}" for number in range(8)]


@pytest.fixture(scope="module")
def batch_and_place(
    world: World, weights_home: Path, faces_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Batch, Place]]:
    registry = Registry(weights_home)
    studio = Studio(registry.detector(), registry.embedder())
    enrolled, hesitant, *others = studio.subjects(list(faces_dir.glob("*/*.jpg")))
    people = list(zip(BADGES, others, strict=False))
    folder = tmp_path_factory.mktemp("bulk")
    place = Place(world.site.web.base_url, world.site.api, folder)
    place.people([*BADGES, "KNOWN"])
    place.people(["SHY"], consent=False)
    photo = folder / "KNOWN.jpg"
    photo.write_bytes(jpeg(studio.photo(enrolled, 7)))
    place.bridge("enrol", "--named-by", "badge", photo)
    batch = make(studio, people, enrolled, ("SHY", hesitant), photos=PHOTOS, faults=FAULTS)
    with place.service():
        yield batch, place


def test_every_photo_is_used_or_has_its_reason_though_odoo_is_killed(
    world: World, batch_and_place: tuple[Batch, Place]
) -> None:
    batch, place = batch_and_place
    assert len(set(batch.expected.values())) > 10
    job = place.upload("killed", batch.zipped())
    place.start(job)
    place.wait(job, 60, until_handled=20)
    world.site.web.kill()
    world.site.web.start()
    world.site.web.wait_ready()
    # As any other trigger would; left alone, Odoo looks for work once a minute.
    postgres.psql(world.server, "NOTIFY cron_trigger, 'e2e'", database="postgres")
    place.wait(job, 120)
    assert place.told(job) == batch.expected
    assert place.templates().keys() >= {f"Person {badge}" for badge in BADGES}
    assert place.job(job)["people"] == len(BADGES)
