"""Calls of `/v1/identify` per second, and how long they take, with one and four callers."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4
from zoneinfo import ZoneInfo

import cv2
import jwt
import numpy as np
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_bridge.adapters.images import decode_image, encode_jpeg
from device_bridge.adapters.sqlite.outbox import SqliteOutbox
from device_bridge.adapters.system_clock import SystemClock
from device_bridge.api.app import Parts, build
from device_bridge.api.bodies import Limits
from device_bridge.api.capture import CaptureCalls
from device_bridge.api.challenges import Challenges
from device_bridge.api.enrolment import EnrolmentCalls
from device_bridge.api.metrics import Metrics
from device_bridge.api.roll_call import RollCallCalls
from device_bridge.api.server import Server, listen
from device_bridge.api.tokens import Tokens
from device_bridge.api.workers import Workers
from device_bridge.domain.access import Access, Scope
from device_bridge.domain.event import CaptureTime
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.capture import Capturer
from device_bridge.pipeline.examine import Examiner
from device_bridge.pipeline.observe import Observer
from device_bridge.pipeline.recognise import Recognition
from device_bridge.pipeline.roll_call import RollCaller
from tests.bench.measure import Result, Setup, say_progress
from tests.bench.subjects import ONE_FACE, Ours, open_registry, scene

CALLS = 200
CALLERS = (1, 4)
THREADS = 2
_GATE = Gate(id=1, name="bench", timezone=ZoneInfo("UTC"))
_BOOT = "00000000-0000-4000-8000-000000000001"


def measure(setup: Setup) -> Result:
    """A 640×480 JPEG over loopback; the person is enrolled, each call writes its event to the disk
    where build/ is. The callers share the machine with the service."""
    ours = Ours(open_registry(setup))
    picture = scene(ours, setup.faces, ONE_FACE)
    body = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    key = Ed25519PrivateKey.generate()
    outbox = SqliteOutbox(setup.scratch / "outbox.sqlite", 1, _BOOT, key.sign)
    gallery = MatrixGallery(ours.embedder.model, ours.embedder.dimension)
    gallery.update([Person(1, "bench", ours.represent(picture)[0][1][None])], [])
    workers = Workers(THREADS, 16, 30.0)
    server = Server(
        build(parts(ours, gallery, outbox, key, workers)), listen("127.0.0.1", 0), 20, 50
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    url = f"http://127.0.0.1:{server.port}/v1/identify"
    keys, rows = {}, {}
    try:
        for callers in CALLERS:
            rows[f"{callers} callers"] = row = _call(url, body, token_for(key, "identify"), callers)
            keys[f"serve_identify_per_s_{callers}"] = row["per_s"]
            keys[f"serve_identify_p95_ms_{callers}"] = row["p95_ms"]
    finally:
        server.stop()
        thread.join()
        workers.close()
        outbox.close()
    return Result(keys=keys, raw={"serve": rows})


def _call(url: str, body: bytes, token: str, callers: int) -> dict[str, float]:
    taken_ms: list[float] = []

    def caller(calls: int) -> None:
        with requests.Session() as session:
            session.headers.update(
                {"Authorization": f"Bearer {token}", "Content-Type": "image/jpeg"}
            )
            for _ in range(calls):
                started = time.perf_counter()
                params = {"encounter": str(uuid4())}
                answer = session.post(url, params=params, data=body, timeout=30)
                if answer.json().get("outcome") != "identified":
                    raise SystemExit(f"The service did not identify: {answer.text}")
                taken_ms.append((time.perf_counter() - started) * 1e3)

    caller(10)  # warm
    taken_ms.clear()
    say_progress(f"serve, {callers} callers", 0, CALLS)
    started = time.perf_counter()
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(caller, [CALLS // callers] * callers))
    seconds = time.perf_counter() - started
    say_progress(f"serve, {callers} callers", CALLS, CALLS)
    median, p95 = (round(float(one), 2) for one in np.percentile(taken_ms, [50, 95]))
    return {"per_s": round(CALLS / seconds, 1), "median_ms": median, "p95_ms": p95, "n": CALLS}


def token_for(key: Ed25519PrivateKey, scope: str) -> str:
    now = int(time.time())
    claims = {
        "iss": "bench",
        "aud": "bench",
        "sub": "bench",
        "iat": now,
        "exp": now + 3600,
        "scope": scope,
        "company": 1,
        "gate": 1,
        "client_id": "bench",
    }
    return jwt.encode(claims, key, "EdDSA", {"kid": "bench"})


def parts(
    ours: Ours,
    gallery: MatrixGallery,
    outbox: SqliteOutbox,
    key: Ed25519PrivateKey,
    workers: Workers,
) -> Parts:
    clock = SystemClock()
    public = key.public_key().public_bytes_raw()
    everything = frozenset({Scope.IDENTIFY, Scope.ROLLCALL})
    access = Access("bench", "bench", "", 1, {"bench": public}, {"bench": everything}, {})
    recognition = Recognition(
        detector=ours.detector,
        embedder=ours.embedder,
        people=gallery,
        observer=Observer(ours.detector, ours.embedder, gallery),
        outbox=outbox,
        on_commit=lambda: None,
    )
    tokens = Tokens(lambda: access, lambda: [1])
    limits = Limits(8_000_000, 20, 12_000_000, 10.0)
    return Parts(
        recognition=recognition,
        tokens=tokens,
        challenges=Challenges(1, key, lambda: access),
        workers=workers,
        metrics=Metrics({}),
        limits=limits,
        decode=lambda data, _most: decode_image(data, "bench"),
        arrived=lambda: CaptureTime(clock.now(), round(clock.monotonic_s() * 1000), _BOOT),
        access=lambda: access,
        gates=lambda: {1: _GATE},
        state=lambda: "ok",
        anywhere=_GATE,
        home="http://127.0.0.1",
        enrolment=EnrolmentCalls(
            Examiner(recognition.reader.read, gallery, encode_jpeg),
            tokens,
            workers,
            limits,
            lambda data: decode_image(data, "bench"),
            ours.embedder.model,
            ours.embedder.dimension,
        ),
        capture=CaptureCalls(
            Capturer(
                Examiner(recognition.reader.read, gallery, encode_jpeg),
                lambda: FakeServer({}),
                clock,
                ours.embedder.model,
            ),
            tokens,
            workers,
            limits,
            lambda data: decode_image(data, "bench"),
        ),
        roll_call=RollCallCalls(
            RollCaller(ours.detector, ours.embedder, gallery),
            tokens,
            workers,
            limits,
            lambda data: decode_image(data, "bench"),
            ours.embedder.model,
        ),
    )
