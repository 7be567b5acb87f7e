"""One photo with twenty faces, from the call to its answer, with a thousand people enrolled.

The photo is made of the packages' faces, each cut out with what is around it and set into a
picture of twelve megapixels, as phones make them.
"""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_bridge.adapters.face_deepface.yunet import DetectionSettings
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.api.app import build
from device_bridge.api.server import Server, listen
from device_bridge.api.workers import Workers
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.template import Person, Vectors
from device_bridge.pipeline.examine import around
from device_bridge.pipeline.roll_call import MOST_FACES, SMALLEST_FACE_PX
from tests.bench.cases.serve import parts, token_for
from tests.bench.measure import Result, Setup, say_progress
from tests.bench.subjects import OTHERS, PERSON, Ours, open_registry, read

FACES, ENROLLED, CALLS = 20, 1000, 10
COLUMNS, ROWS, CELL_PX = 5, 4, 800
_BOOT = "00000000-0000-4000-8000-000000000001"


def measure(setup: Setup) -> Result:
    registry = open_registry(setup)
    ours = Ours(registry)
    ours.detector = registry.detector(
        DetectionSettings(min_face_px=SMALLEST_FACE_PX, max_faces=MOST_FACES)
    )
    photo = class_photo(ours, setup)
    body = cv2.imencode(".jpg", photo, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    gallery.update(_people(ours, photo), [])
    key = Ed25519PrivateKey.generate()
    outbox = SqliteOutbox(setup.scratch / "outbox.sqlite", 1, _BOOT, key.sign)
    workers = Workers(1, 16, 30.0)
    app = build(parts(ours, gallery, outbox, key, workers))
    server = Server(app, listen("127.0.0.1", 0), 60, 50)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        row = _call(f"http://127.0.0.1:{server.port}/v1/rollcall", body, token_for(key, "rollcall"))
    finally:
        server.stop()
        thread.join()
        workers.close()
        outbox.close()
    size = f"{photo.shape[1]}×{photo.shape[0]}"
    return Result(
        keys={"rollcall_20_faces_s": row["p95_s"]},
        raw={"roll_call": {f"{FACES} faces, {size}": row}},
    )


def class_photo(ours: Ours, setup: Setup) -> ImageU8:
    """Twenty faces in rows, between 60 and 250 pixels high, in 4000×3200 pixels."""
    cut = []
    for name in (*PERSON, *OTHERS):
        image = read(setup.faces, name)
        cut += [around(image, face) for face in ours.detector.detect(image)]
    canvas = np.full((ROWS * CELL_PX, COLUMNS * CELL_PX, 3), 128, np.uint8)
    for place in range(FACES):
        piece = cut[place % len(cut)]
        # the face is half of what was cut out
        height = 120 + 20 * place
        width = round(piece.shape[1] * height / piece.shape[0])
        x, y = place % COLUMNS * CELL_PX + 40, place // COLUMNS * CELL_PX + 40
        canvas[y : y + height, x : x + width] = cv2.resize(
            piece, (width, height), interpolation=cv2.INTER_AREA
        )
    return canvas


def _people(ours: Ours, photo: ImageU8) -> list[Person]:
    """Whoever is on the photo, and strangers to make a thousand."""
    seen = [vector for _, vector in ours.represent(photo)]
    rng = np.random.default_rng(1)
    others: Vectors = rng.normal(size=(ENROLLED - len(seen), ours.embedder.dimension)).astype(
        np.float32
    )
    rows = [*seen, *(others / np.linalg.norm(others, axis=1, keepdims=True))]
    return [Person(number, "", row[None]) for number, row in enumerate(rows, start=1)]


def _call(url: str, body: bytes, token: str) -> dict[str, float]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
    taken_s = []
    for number in range(CALLS + 1):
        say_progress("roll call", number, CALLS + 1)
        started = time.perf_counter()
        answer = requests.post(url, data=body, headers=headers, timeout=60)
        taken_s.append(time.perf_counter() - started)
        [photo] = answer.json()["photos"]
        if len(photo["faces"]) < FACES:
            raise SystemExit(f"{len(photo['faces'])} of {FACES} faces were found.")
    say_progress("roll call", CALLS + 1, CALLS + 1)
    median, p95 = (round(float(one), 3) for one in np.percentile(taken_s[1:], [50, 95]))
    return {"median_s": median, "p95_s": p95, "n": CALLS}
