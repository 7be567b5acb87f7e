"""What a bridge tells Prometheus, and that it names nobody."""

from __future__ import annotations

import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from device_bridge.adapters.figures import CAMERA_STATES, CameraFigures, GateFigures
from device_bridge.domain.event import Outcome
from device_bridge.errors import SettingsError
from tests.bridge.test_listeners import notice

GAUGES = {"outbox_pending": ("Events for Odoo.", lambda: 7.0)}
NAME = "Mara Lindqvist"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def scrape(port: int) -> tuple[str, dict[tuple[str, ...], float]]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
    return text, {(one.name, *one.labels.values()): one.value for one in samples}


def test_what_happened_at_the_gates_is_told_on_the_loopback_address() -> None:
    port = free_port()
    figures = GateFigures(GAUGES, lambda: {1: CameraFigures("stalled", 90, 2, 1)})
    stop = figures.serve(port)
    figures.concluded(notice(Outcome.IDENTIFIED))
    figures.concluded(notice(Outcome.REFRACTORY, uuid=None))
    figures.delivered({"uuid": "u1"}, {"status": "accepted"})
    figures.delivered({"uuid": "u2"}, {"status": f"<{NAME}>"})
    text, told = scrape(port)
    stop()
    assert told["bridge_encounters_total", "1", "identified"] == 1
    assert told["bridge_encounters_total", "1", "refractory"] == 1
    assert told["bridge_seen_to_committed_seconds_count", "1"] == 1, "without event: no delay"
    assert told["bridge_seen_to_committed_seconds_sum", "1"] == pytest.approx(0.212)
    assert told["bridge_delivered_total", "accepted"] == 1
    assert told["bridge_delivered_total", "unknown"] == 1
    assert told["bridge_outbox_pending",] == 7
    states = {state: told["bridge_camera_state", "1", state] for state in CAMERA_STATES}
    assert states == {state: float(state == "stalled") for state in CAMERA_STATES}
    assert told["bridge_frames_total", "1"] == 90
    assert told["bridge_unstored", "1"] == 2
    assert told["bridge_given_up_total", "1"] == 1
    assert told["process_resident_memory_bytes",] > 0
    assert NAME not in text
    with pytest.raises(OSError, match="refused"):
        scrape(port)


def test_a_port_that_is_taken_is_said() -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, pytest.raises(SettingsError, match=r"\[metrics\]"):
        GateFigures({}, dict).serve(taken.getsockname()[1])
