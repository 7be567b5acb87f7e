"""A recognition service with painted faces on a real socket, and the Odoo that signs for it."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import httpx
import jwt
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from device_bridge.adapters.images import decode_image, encode_jpeg
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
from device_bridge.domain.capture import ImageU8
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.fakes.outbox import MemoryOutbox
from device_bridge.fakes.recognition import (
    MODEL,
    PaintedFaceDetector,
    PaintedFaceEmbedder,
)
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.capture import Capturer
from device_bridge.pipeline.examine import Examiner
from device_bridge.pipeline.observe import Liveness, Observer
from device_bridge.pipeline.recognise import Recognition
from device_bridge.pipeline.roll_call import RollCaller
from device_bridge.ports import FaceDetector, FaceEmbedder, Outbox
from tests.builders import CHAIN, at, gate, painted_frame, person

ANN, BEN, STRANGER = 90, 120, 160
ISSUER, AUDIENCE = "5f0e2a9c-7d1b-4c3a-8e6f-0a1b2c3d4e5f", "https://face.example"
ORIGIN, PAIRED_AT = "https://odoo.example", "https://10.0.0.5:8443"
ENCOUNTER = "3b0f1c9e-6a77-4a3c-9a53-6f4b0d1c2e3f"
DEVICE, COMPANY, GATE = 3, 7, 1


class Odoo:
    """Keys and clients; what it says reaches the service through `access`."""

    def __init__(self) -> None:
        self.keys = {"k1": Ed25519PrivateKey.generate()}
        self.clients = {"fc_door": frozenset(Scope)}
        self.api = FakeServer({})

    def access(self) -> Access:
        return Access(
            issuer=ISSUER,
            audience=AUDIENCE,
            origin=ORIGIN,
            company=COMPANY,
            keys={kid: key.public_key().public_bytes_raw() for kid, key in self.keys.items()},
            clients=self.clients,
            replicas={},
        )

    def claims(self, scope: str, *, gate: int | None = GATE, client: str | None = None) -> Any:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": client or f"gate:{gate}",
            "iat": now,
            "exp": now + 120,
            "scope": scope,
            "company": COMPANY,
        }
        optional = {"gate": gate, "client_id": client}
        return claims | {name: value for name, value in optional.items() if value is not None}

    def token(self, scope: str, *, gate: int | None = GATE, client: str | None = None) -> str:
        return self.sign(self.claims(scope, gate=gate, client=client))

    def sign(self, claims: Mapping[str, Any], kid: str = "k1") -> str:
        return jwt.encode(dict(claims), self.keys[kid], "EdDSA", {"kid": kid})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Eyes:
    """What the service sees with, and whom it knows."""

    detector: FaceDetector
    embedder: FaceEmbedder
    people: Sequence[Person]


def painted_eyes() -> Eyes:
    """For pictures of `picture`."""
    known = [person(ANN, "Ann"), person(BEN, "Ben")]
    return Eyes(PaintedFaceDetector(), PaintedFaceEmbedder(), known)


class Service:
    """The application with everything around it, listening on a free port."""

    def __init__(
        self,
        outbox: Outbox | None = None,
        *,
        the_gate: Gate | None = None,
        liveness: Liveness | None = None,
        workers: Workers | None = None,
        limits: Limits | None = None,
        odoo: Odoo | None = None,
        request_timeout_s: float = 10.0,
        eyes: Eyes | None = None,
    ) -> None:
        self.odoo = odoo or Odoo()
        self.outbox = outbox or MemoryOutbox(DEVICE, CHAIN, lambda _: bytes(64))
        eyes = eyes or painted_eyes()
        detector, embedder = eyes.detector, eyes.embedder
        self.gallery = MatrixGallery(embedder.model, embedder.dimension)
        self.gallery.update(eyes.people, [])
        self.gates = {GATE: the_gate or gate(id=GATE)}
        self.workers = workers or Workers(2, 4, 5.0)
        self.enrolling = Workers(1, 4, 5.0)
        self.synced = True
        self.now = at(0)
        self.woken = 0
        self.recognition = Recognition(
            detector=detector,
            embedder=embedder,
            people=self.gallery,
            observer=Observer(detector, embedder, self.gallery, liveness),
            outbox=self.outbox,
            on_commit=self._wake,
        )
        tokens = Tokens(self._access, lambda: self.gates)
        limits = limits or Limits(200_000, 10, 1_000_000, 5.0)
        self.app = build(
            Parts(
                recognition=self.recognition,
                tokens=tokens,
                challenges=Challenges(DEVICE, Ed25519PrivateKey.generate(), self._access),
                workers=self.workers,
                metrics=Metrics({}),
                limits=limits,
                decode=lambda data, _most: decode_image(data, "The picture"),
                arrived=lambda: self.now,
                access=self._access,
                gates=lambda: self.gates,
                state=lambda: "ok" if self.synced else "starting",
                anywhere=gate(id=0),
                home=PAIRED_AT,
                capture=CaptureCalls(
                    Capturer(
                        Examiner(self.recognition.reader.read, self.gallery, encode_jpeg),
                        lambda: self.odoo.api,
                        SystemClock(),
                        MODEL,
                    ),
                    tokens,
                    self.workers,
                    limits,
                    lambda data: decode_image(data, "The picture"),
                ),
                enrolment=EnrolmentCalls(
                    Examiner(self.recognition.reader.read, self.gallery, encode_jpeg),
                    tokens,
                    self.enrolling,
                    limits,
                    lambda data: decode_image(data, "The photo"),
                    embedder.model,
                    embedder.dimension,
                ),
                roll_call=RollCallCalls(
                    RollCaller(detector, embedder, self.gallery),
                    tokens,
                    self.enrolling,
                    limits,
                    lambda data: decode_image(data, "The photo"),
                    embedder.model,
                ),
            )
        )
        self.server = Server(self.app, listen("127.0.0.1", 0), request_timeout_s, 100)
        self._thread = threading.Thread(target=self.server.run, name="api")
        self._thread.start()
        url = f"http://127.0.0.1:{self.server.port}"
        self.client = httpx.Client(base_url=url, timeout=20, trust_env=False)

    def post(self, path: str, token: str, content: bytes = b"", **options: Any) -> Any:
        kind = {} if "files" in options else {"Content-Type": "image/png"}
        headers = bearer(token) | kind | options.pop("headers", {})
        return self.client.post(path, content=content or None, headers=headers, **options)

    def identify(self, *frames: bytes, encounter: str = ENCOUNTER, **fields: str) -> Any:
        files = [("frame", ("f.png", one, "image/png")) for one in frames]
        token = self.odoo.token("identify")
        return self.post(
            "/v1/identify", token, files=files, data={"encounter": encounter, **fields}
        )

    def close(self) -> None:
        self.client.close()
        self.server.stop()
        self._thread.join()
        self.workers.close()
        self.enrolling.close()

    def _wake(self) -> None:
        self.woken += 1

    def _access(self) -> Access | None:
        return self.odoo.access() if self.synced else None


def png(image: ImageU8) -> bytes:
    done, data = cv2.imencode(".png", image)
    assert done
    return bytes(data)


def picture(*colours: int, number: int = 0, side_px: int = 120) -> bytes:
    """A picture with one painted face per colour; the number makes it differ."""
    return png(painted_frame(number, 0, *colours, side_px=side_px).image_bgr)


def empty_room() -> bytes:
    return png(np.zeros((480, 640, 3), np.uint8))


def vector_of_answer(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<f4")
