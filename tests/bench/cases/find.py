"""Who is this among 1,000: our engine and gallery against DeepFace.find."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Person
from tests.bench.measure import Result, Setup, interleave, ratio
from tests.bench.subjects import ONE_FACE, DeepFaceSide, Ours, open_registry, scene

PEOPLE = 1_000


def measure(setup: Setup) -> Result:
    registry = open_registry(setup)
    ours, deepface = Ours(registry), DeepFaceSide()
    image = scene(ours, setup.faces, ONE_FACE)
    strangers = np.random.default_rng(7).standard_normal((PEOPLE - 1, 128), np.float32)
    strangers /= np.linalg.norm(strangers, axis=1, keepdims=True)

    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    [(_, template)] = ours.represent(image)
    vectors = np.concatenate([template[None], strangers])
    gallery.update([Person(n, f"Person {n}", vectors[n : n + 1]) for n in range(PEOPLE)], [])

    def identify() -> int:
        [candidate] = gallery.search(np.stack([vector for _, vector in ours.represent(image)]))
        assert candidate is not None
        return candidate.person.employee

    find = _deepface_find(setup, deepface, image, strangers)
    if identify() != 0 or "known" not in find():
        raise SystemExit("one side does not find the person that both know")
    rows = interleave("who is this among 1,000", {"ours": identify, "DeepFace": find}, setup.rounds)
    return Result(
        keys={"find_ratio_1000": ratio(rows, "DeepFace", "ours")}, raw={"find_1000_480p": rows}
    )


def _deepface_find(setup: Setup, deepface: DeepFaceSide, image: ImageU8, strangers: Any) -> Any:
    """`DeepFace.find` at its quickest: answers as dicts, folder not looked through again.

    DeepFace makes its store from one photo; the other people are written into that store
    as it would have written them. Their photos are left away, which only helps it.
    """
    from deepface import DeepFace
    from deepface.modules import recognition
    from deepface.modules.filestore import build_file_store

    folder = setup.scratch / "people"
    folder.mkdir()
    cv2.imwrite(str(folder / "known.jpg"), image)
    settings: dict[str, Any] = {
        "db_path": str(folder),
        "model_name": "Dlib",
        "detector_backend": "yunet",
        "align": True,
        "silent": True,
        "return_type": "dict",
    }
    DeepFace.find(image, **settings)
    [path] = folder.glob("*.npz")
    store: dict[str, Any] = {"store": build_file_store(str(folder)), "datastore_path": str(path)}
    # Private functions, but the format is theirs, and this way it stays theirs.
    people = getattr(recognition, "__load_representations")(**store, datastore_format="npz")
    length = float(np.linalg.norm(people[0]["embedding"]))
    for number, stranger in enumerate(strangers):
        name = str(folder / f"stranger{number}.jpg")
        people.append(people[0] | {"identity": name, "embedding": (stranger * length).tolist()})
    getattr(recognition, "__save_representations")(
        **store, representations=people, datastore_format="npz"
    )

    def find() -> str:
        [found] = DeepFace.find(image, refresh_database=False, **settings)
        return str(found[0]["identity"])

    return find
