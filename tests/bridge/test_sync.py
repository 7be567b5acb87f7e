"""Settings and gallery follow the server's; a sealed gallery opens for its device only."""

from __future__ import annotations

import base64
import json
import os
import threading
import zlib
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from device_bridge.adapters.odoo.sealed import unseal
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.errors import (
    CredentialsRefused,
    ModelMismatch,
    Refused,
    ServerUnreachable,
    StorageFull,
)
from device_bridge.fakes.clock import FakeClock
from device_bridge.fakes.larder import MemoryLarder
from device_bridge.fakes.server import FakeServer
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.pipeline.sync import Sync
from tests.builders import BOOT, START, example

MODEL = "dlib-resnet-v1@aligned5"


def vector(index: int) -> np.ndarray[Any, Any]:
    unit = np.zeros(128, "<f4")
    unit[index] = 1
    return unit


def person(employee: int) -> dict[str, Any]:
    text = base64.b64encode(vector(employee).tobytes()).decode()
    return {
        "employee": employee,
        "display_name": f"Person {employee}",
        "language": "en_US",
        "department": None,
        "tags": [],
        "templates": [{"uuid": BOOT, "vector": text}],
    }


def seal(page: dict[str, Any], key: X25519PrivateKey, cursor: str) -> dict[str, Any]:
    ephemeral = X25519PrivateKey.generate()
    public = ephemeral.public_key().public_bytes_raw()
    salt = public + key.public_key().public_bytes_raw()
    secret = HKDF(hashes.SHA256(), 32, salt=salt, info=b"hr_face_attendance gallery v1").derive(
        ephemeral.exchange(key.public_key())
    )
    nonce = os.urandom(12)
    packed = zlib.compress(json.dumps(page).encode())
    return {
        "alg": "X25519-HKDF-SHA256-AES256GCM",
        "ephemeral_key": base64.b64encode(public).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "ciphertext": base64.b64encode(
            AESGCM(secret).encrypt(nonce, packed, cursor.encode())
        ).decode(),
    }


def answer(page: dict[str, Any], key: X25519PrivateKey, **changes: Any) -> dict[str, Any]:
    head = {"model": MODEL, "cursor": "c1", "cursor_reset": False, "more": False} | changes
    return head | {"sealed": seal(page, key, head["cursor"])}


@pytest.fixture
def key() -> X25519PrivateKey:
    return X25519PrivateKey.generate()


def sync_with(
    server: FakeServer,
    gallery: MatrixGallery,
    key: X25519PrivateKey,
    clock: FakeClock | None = None,
) -> Sync:
    return Sync(
        server=server,
        gallery=gallery,
        unseal=lambda sealed, cursor: unseal(sealed, key, cursor),
        clock=clock or FakeClock(),
        server_time=ServerTime(),
        boot_id=BOOT,
        health=dict,
    )


def names(gallery: MatrixGallery) -> set[int]:
    probes = np.stack([vector(index) for index in range(8)]).astype(np.float32)
    found = zip(range(8), gallery.search(probes), strict=True)
    return {index for index, one in found if one is not None and one.similarity > 0.99}


def test_pages_are_read_to_the_end(key: X25519PrivateKey) -> None:
    pages = [
        answer({"people": [person(1)], "gone": []}, key, more=True),
        answer({"people": [person(2)], "gone": []}, key),
    ]
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(FakeServer(example("valid/config.v1.one_gate"), pages), gallery, key)
    sync.pull()
    assert names(gallery) == {1, 2}
    assert sync.gate(1).name == "Main entrance"


def test_a_withdrawn_consent_is_forgotten_at_the_next_heartbeat(key: X25519PrivateKey) -> None:
    pages = [
        answer({"people": [person(1), person(2)], "gone": []}, key),
        answer({"people": [], "gone": [1]}, key),
    ]
    server = FakeServer(example("valid/config.v1.one_gate"), pages)
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(server, gallery, key)
    sync.pull()
    server.gallery_changed = True
    sync.beat()
    assert names(gallery) == {2}


def test_a_reset_forgets_everyone_first(key: X25519PrivateKey) -> None:
    pages = [
        answer({"people": [person(1), person(2)], "gone": []}, key),
        answer({"people": [person(3)], "gone": []}, key, cursor_reset=True),
    ]
    server = FakeServer(example("valid/config.v1.one_gate"), pages)
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(server, gallery, key)
    sync.pull()
    server.gallery_changed = True
    sync.beat()
    assert names(gallery) == {3}


def test_a_gallery_of_another_model_is_refused(key: X25519PrivateKey) -> None:
    config = example("valid/config.v1.one_gate") | {"model": "arcface@aligned5"}
    server = FakeServer(config, [answer({"people": [], "gone": []}, key)])
    with pytest.raises(ModelMismatch, match=r"recognition\.model"):
        sync_with(server, MatrixGallery(MODEL, 128), key).pull()


def tampered(sealed: dict[str, Any]) -> dict[str, Any]:
    raw = bytearray(base64.b64decode(sealed["ciphertext"]))
    raw[0] ^= 1
    return sealed | {"ciphertext": base64.b64encode(bytes(raw)).decode()}


@pytest.mark.parametrize(
    "spoil", ["another key", "another cursor", "tampered", "another algorithm"]
)
def test_what_was_not_sealed_for_this_device_does_not_open(
    key: X25519PrivateKey, spoil: str
) -> None:
    sealed, cursor, opener = seal({"people": []}, key, "c1"), "c1", key
    if spoil == "another key":
        opener = X25519PrivateKey.generate()
    elif spoil == "another cursor":
        cursor = "c2"
    elif spoil == "tampered":
        sealed = tampered(sealed)
    else:
        sealed["alg"] = "none"
    with pytest.raises(Refused):
        unseal(sealed, opener, cursor)


def unreadable(employee: int) -> dict[str, Any]:
    return person(employee) | {"templates": []}


def test_one_bad_person_keeps_nobody_elses_withdrawal(key: X25519PrivateKey) -> None:
    pages = [
        answer({"people": [person(1), person(2)], "gone": []}, key),
        answer({"people": [unreadable(3), person(4)], "gone": [1]}, key),
    ]
    server = FakeServer(example("valid/config.v1.one_gate"), pages)
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(server, gallery, key)
    sync.pull()
    server.gallery_changed = True
    sync.beat()
    assert names(gallery) == {2, 4}


@pytest.mark.parametrize(
    "change",
    [
        {"gates": None},
        {"gates": [{"id": 1}]},
        {"heartbeat_s": "soon"},
        {"gates": [example("valid/config.v1.one_gate")["gates"][0] | {"timezone": "Mars/Base"}]},
        {"gates": [example("valid/config.v1.one_gate")["gates"][0] | {"refractory_s": "60"}]},
        {"gates": [example("valid/config.v1.one_gate")["gates"][0] | {"vote": {"k": 0, "n": 1}}]},
    ],
)
def test_settings_that_are_none_are_a_server_in_trouble(
    key: X25519PrivateKey, change: dict[str, Any]
) -> None:
    config = example("valid/config.v1.one_gate") | change
    server = FakeServer(config, [answer({"people": [], "gone": []}, key)])
    with pytest.raises(ServerUnreachable):
        sync_with(server, MatrixGallery(MODEL, 128), key).pull()


def test_a_gallery_without_an_end_is_left(key: X25519PrivateKey) -> None:
    endless = answer({"people": [], "gone": []}, key, more=True)
    server = FakeServer(example("valid/config.v1.one_gate"), [endless])
    with pytest.raises(ServerUnreachable, match="no end"):
        sync_with(server, MatrixGallery(MODEL, 128), key).pull()


def test_a_gate_that_was_taken_away_keeps_its_last_rules(key: X25519PrivateKey) -> None:
    config = example("valid/config.v1.one_gate")
    server = FakeServer(config, [answer({"people": [], "gone": []}, key)])
    sync = sync_with(server, MatrixGallery(MODEL, 128), key)
    sync.pull()
    stricter = config["gates"][0] | {"threshold": 0.99}
    server._config = config | {"gates": [stricter], "etag": "2"}
    sync.beat()
    server._config = config | {"gates": [], "etag": "3"}
    sync.beat()
    assert sync.gate(1).threshold == 0.99
    assert not sync.gates


def test_rejected_events_are_delivered_again_when_the_server_says_so(
    key: X25519PrivateKey,
) -> None:
    server = FakeServer(
        example("valid/config.v1.one_gate"), [answer({"people": [], "gone": []}, key)]
    )
    sync, asked = sync_with(server, MatrixGallery(MODEL, 128), key), []
    sync._told = lambda answer: asked.append(answer.get("retry_parked"))
    sync.beat()
    beat = server.heartbeat
    server.heartbeat = lambda body: {**beat(body), "retry_parked": True}  # type: ignore[method-assign]
    sync.beat()
    assert asked == [None, True]


def away(server: FakeServer) -> None:
    server.down = ServerUnreachable("gone")


def kept(key: X25519PrivateKey, larder: MemoryLarder) -> FakeServer:
    """A server whose settings and gallery are in the larder after one sync."""
    server = FakeServer(
        example("valid/config.v1.one_gate"), [answer({"people": [person(1)], "gone": []}, key)]
    )
    sync = sync_with(server, MatrixGallery(MODEL, 128), key)
    sync.use_larder(larder)
    sync.pull()
    return server


def test_a_bridge_starts_with_what_it_kept_while_the_server_is_away(
    key: X25519PrivateKey,
) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    away(server)
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(server, gallery, key)
    assert sync.use_larder(larder)
    assert names(gallery) == {1}
    assert sync.gate(1).name == "Main entrance"
    server.down = None
    sync.beat()
    assert server.beats[-1]["config_etag"] == server._config["etag"], "and goes on from there"
    assert server.beats[-1]["gallery_cursor"] == "c1"


def test_the_gallerys_age_counts_from_the_last_contact_of_this_process_or_one_before(
    key: X25519PrivateKey,
) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    lease = larder.lease()
    assert lease is not None
    clock = FakeClock(lease.contact_at + timedelta(hours=2))
    sync = sync_with(server, MatrixGallery(MODEL, 128), key, clock)
    assert sync.gallery_age_s is None, "there is none yet"
    away(server)
    sync.use_larder(larder)
    clock.pass_s(60)
    assert sync.gallery_age_s == pytest.approx(7260)
    server.down = None
    sync.beat()
    clock.pass_s(5)
    assert sync.gallery_age_s == pytest.approx(5)


def test_a_revoked_bridge_keeps_nobody_on_its_disk(key: X25519PrivateKey) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    gallery = MatrixGallery(MODEL, 128)
    sync = sync_with(server, gallery, key)
    sync.use_larder(larder)
    server.down = CredentialsRefused("device_revoked", "revoked")
    with pytest.raises(CredentialsRefused):
        sync.beat()
    assert (names(gallery), larder.people(), larder.note("config")) == (set(), [], None)


@pytest.mark.parametrize("clock_set_back", [False, True], ids=["by the clock", "set back daily"])
def test_everybody_is_forgotten_when_the_server_was_away_for_too_long(
    key: X25519PrivateKey, clock_set_back: bool
) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    gallery, clock = MatrixGallery(MODEL, 128), FakeClock()
    sync = sync_with(server, gallery, key, clock)
    sync.use_larder(larder)
    away(server)
    for day in range(8):
        assert names(gallery) == {1}, day
        for _ in range(24):
            clock.pass_s(3600)
            with pytest.raises(ServerUnreachable):
                sync.beat()
            sync._miss_the_server()
        if clock_set_back:
            clock.set(START)
    assert names(gallery) == set()
    assert larder.people() == []
    assert not sync_with(server, gallery, key, clock).use_larder(larder)


class Days(threading.Event):
    """Told to stop after so many days; each wait is an hour."""

    def __init__(self, days: int, clock: FakeClock) -> None:
        super().__init__()
        self._hours, self._clock = days * 24, clock

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.pass_s(3600)
        self._hours -= 1
        return self._hours < 0


@pytest.mark.parametrize(
    "why",
    [
        ServerUnreachable("gone"),
        CredentialsRefused("token_expired", "This token expired."),
        Refused("not_found", "There is no such call."),
        StorageFull("full"),
    ],
    ids=["away", "token ran out", "another server", "disk full"],
)
def test_whoever_is_not_vouched_for_is_forgotten_whatever_the_reason(
    key: X25519PrivateKey, why: Exception
) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    gallery, clock = MatrixGallery(MODEL, 128), FakeClock()
    sync = sync_with(server, gallery, key, clock)
    sync.use_larder(larder)
    server.down = why
    sync.run(Days(6, clock))
    assert names(gallery) == {1}
    sync.run(Days(2, clock))
    assert (names(gallery), larder.people()) == (set(), [])


def test_a_bridge_that_was_switched_off_for_too_long_knows_nobody(key: X25519PrivateKey) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    away(server)
    clock = FakeClock(START + timedelta(days=8))
    gallery = MatrixGallery(MODEL, 128)
    assert not sync_with(server, gallery, key, clock).use_larder(larder)
    assert (names(gallery), larder.people()) == (set(), [])


def test_an_erasure_is_not_acknowledged_before_it_is_off_the_disk(key: X25519PrivateKey) -> None:
    larder = MemoryLarder()
    server = kept(key, larder)
    sync = sync_with(server, MatrixGallery(MODEL, 128), key)
    sync.use_larder(larder)
    ask = {"uuid": "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f", "templates": []}
    server._pages[:] = [answer({"people": [], "gone": [1], "erasures": [ask]}, key, cursor="c2")]
    server.gallery_changed = True
    adopt = larder.adopt

    def full(*_args: object, **_options: object) -> None:
        raise StorageFull("full")

    larder.adopt = full  # type: ignore[method-assign]
    with pytest.raises(StorageFull):
        sync.beat()
    assert server.erased == []
    larder.adopt = adopt  # type: ignore[method-assign]
    server.gallery_changed = True
    sync.beat()
    assert server.erased == [ask["uuid"]]
    assert larder.people() == []
