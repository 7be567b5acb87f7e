"""A bridge that restarts while Odoo is away: what `state.unlock` lets it do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.odoo.identity import Identity
from device_bridge.adapters.odoo.identity import load as load_identity
from device_bridge.adapters.odoo.identity import save as save_identity
from device_bridge.domain.event import CaptureTime, Outcome, Sighting
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.pipeline.feedback import Several
from device_bridge.settings import Settings, load_settings
from device_bridge.wiring.device import Device
from tests import crowd
from tools import postgres

MODEL = "dlib-resnet-v1@aligned5"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("offline")
    with (
        postgres.acquire(fsync=False) as server,
        crowd.odoo_with(server, "e2e_offline", folder) as one,
    ):
        yield one


@pytest.fixture
def identity(web: Any, tmp_path: Path) -> Identity:
    [one] = crowd.devices(crowd.log_in(web), web, 1)
    token = str(one.client._session.headers["Authorization"]).removeprefix("Bearer ")
    found = Identity(
        *(web.base_url, "db", one.link.device, "Door", one.link.chain, token, one.keys, b"s" * 32)
    )
    save_identity(found, tmp_path / "identity.json")
    return found


def settings(folder: Path, unlock: str, memory: str = "") -> Settings:
    chosen = load_settings(None)
    state = {"directory": folder, "unlock": unlock, "memory": memory}
    return chosen.model_copy(update={"state": chosen.state.model_copy(update=state)})


def device(chosen: Settings) -> tuple[Device, list[str]]:
    said: list[str] = []
    identity = load_identity(chosen.state.identity)
    gallery = MatrixGallery(MODEL, 128)
    return Device(chosen, identity, gallery, Several(), list, said.append), said


def see_somebody(one: Device) -> None:
    [gate] = one.sync.gates
    time = one.server_time.stamp(CaptureTime(one.clock.now(), 5, one.boot_id))
    one.outbox.commit(Sighting(gate, Outcome.NO_CANDIDATE, time))


@pytest.mark.parametrize(
    ("unlock", "memory", "starts"),
    [("local", False, True), ("server", True, True), ("server", False, False)],
    ids=["local", "server, restarted only", "server, after a power cut"],
)
def test_a_start_without_odoo(
    web: Any, identity: Identity, tmp_path: Path, unlock: str, memory: bool, starts: bool
) -> None:
    (tmp_path / "run").mkdir()
    chosen = settings(tmp_path, unlock, str(tmp_path / "run") if memory else "")
    first, _ = device(chosen)
    assert first.first_sync()
    see_somebody(first)
    assert first.outbox.waiting() == 1
    first.supervisor.stop.set()  # killed: nothing is told to Odoo any more
    web.kill()
    try:
        second, said = device(chosen)
        threading.Timer(3.0, second.supervisor.stop.set).start()
        assert second.first_sync() is starts
        if starts:
            assert "-- Odoo is away; going on with what was synced last." in said
            see_somebody(second)
            assert [event["seq"] for event in second.outbox.pending(9)] == [1, 2]
        else:
            assert second.outbox.pending(9) == [], "locked"
    finally:
        web.start()
        web.wait_ready()
    before = int(crowd.sql(web, "SELECT count(*) FROM hr_face_event"))
    third, _ = device(chosen)
    assert third.first_sync()
    third.delivery.step()
    third.close()
    after = int(crowd.sql(web, "SELECT count(*) FROM hr_face_event"))
    assert after - before == (2 if starts else 1), "what waited arrives all the same"


def test_a_token_and_keys_are_renewed_while_it_runs(
    web: Any, identity: Identity, tmp_path: Path
) -> None:
    one, _ = device(settings(tmp_path, "server"))
    assert one.first_sync()
    see_somebody(one)
    crowd.log_in(web).call("hr.face.device", "action_rotate_keys", [identity.device])
    one.sync.beat()
    kept = load_identity(tmp_path / "identity.json")
    assert kept.token != identity.token
    assert kept.chain != identity.chain
    see_somebody(one)
    one.delivery.step()
    assert one.outbox.depth().pending == 0
    assert one.outbox.depth().parked == 0
    one.sync.beat()
    one.close()
    answer = crowd.log_in(web).call("hr.face.device", "action_verify_chain", [identity.device])
    assert answer["params"]["type"] == "success"


def test_no_port_is_opened(web: Any, identity: Identity, tmp_path: Path) -> None:
    one, _ = device(settings(tmp_path, "local"))
    before = _listening()
    assert one.first_sync()
    one.start_sync()
    one.start_delivery()
    assert _listening() == before
    one.close()


def _listening() -> set[str]:
    """Sockets of this process that listen."""
    mine = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            mine.add(str(entry.readlink()))
        except OSError:
            continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in mine:
                found.add(words[1])
    return found
