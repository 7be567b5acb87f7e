"""Figures for Prometheus: what every device tells, and what `run` tells of its gates.

They name nobody: numbers of gates, outcomes, counts and seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from device_bridge import __version__
from device_bridge.domain.gate import Gate
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.notice import Notice
from device_bridge.errors import SettingsError

LOOPBACK = "127.0.0.1"
CAMERA_STATES = ("starting", "ok", "stalled", "lost", "ended")
Gauges = Mapping[str, tuple[str, Callable[[], float]]]
"""name → (help, value); read at each scrape."""

_BOUNDS_S = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0)


class CameraFigures(NamedTuple):
    """One gate at this moment.

    Attributes:
        state: one of CAMERA_STATES.
        frames: looked at since the start.
        unstored, given_up: conclusions that wait for a disk, and that gave way.
    """

    state: str
    frames: int
    unstored: int
    given_up: int


def registry_of(gauges: Gauges) -> CollectorRegistry:
    """A registry with these, this process (memory, processor, open files) and its version."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    version = Gauge("bridge_build_info", "Always 1.", ["version"], registry=registry)
    version.labels(__version__).set(1)
    for name, (about, value) in gauges.items():
        Gauge(f"bridge_{name}", about, registry=registry).set_function(value)
    return registry


class GateFigures:
    """Implements ports.Feedback: counts what is concluded and delivered.

    Args:
        cameras: the gates at this moment, by number.
    """

    def __init__(self, gauges: Gauges, cameras: Callable[[], Mapping[int, CameraFigures]]) -> None:
        self.registry = registry_of(gauges)
        self._encounters = Counter(
            "bridge_encounters", "Visits concluded.", ["gate", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "bridge_seen_to_committed_seconds",
            "From the first frame with a face of the gate's size to the durable event.",
            ["gate"],
            buckets=_BOUNDS_S,
            registry=self.registry,
        )
        self._delivered = Counter(
            "bridge_delivered", "Events that Odoo answered for.", ["status"], registry=self.registry
        )
        self.registry.register(_Cameras(cameras))

    def serve(self, port: int) -> Callable[[], None]:
        """On the loopback address; returns what ends it. Raises SettingsError."""
        try:
            server, thread = start_http_server(port, LOOPBACK, self.registry)
        except (OSError, OverflowError) as error:
            raise SettingsError(f"Cannot listen on {LOOPBACK}:{port}. See [metrics].") from error

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    def concluded(self, notice: Notice) -> None:
        gate = str(notice.gate.id)
        self._encounters.labels(gate, str(notice.outcome)).inc()
        if notice.uuid is not None:
            self._seconds.labels(gate).observe(notice.seen_to_committed_ms / 1000)

    def guide(self, gate: Gate, guidance: Guidance | None) -> None: ...

    def delivered(self, event: dict[str, Any], result: dict[str, Any]) -> None:
        status = result.get("status")
        known = status if status in {"accepted", "duplicate", "rejected"} else "unknown"
        self._delivered.labels(known).inc()

    def unreachable(self, reason: str) -> None: ...

    def reachable(self) -> None: ...


class _Cameras(Collector):
    def __init__(self, cameras: Callable[[], Mapping[int, CameraFigures]]) -> None:
        self._cameras = cameras

    def collect(self) -> Iterable[Metric]:
        state = GaugeMetricFamily(
            "bridge_camera_state", "1 for the state it is in.", labels=["gate", "state"]
        )
        frames = CounterMetricFamily("bridge_frames", "Frames looked at.", labels=["gate"])
        unstored = GaugeMetricFamily(
            "bridge_unstored", "Conclusions that wait for a disk.", labels=["gate"]
        )
        given_up = CounterMetricFamily(
            "bridge_given_up", "Conclusions that could never be stored.", labels=["gate"]
        )
        for number, one in self._cameras().items():
            for name in CAMERA_STATES:
                state.add_metric([str(number), name], float(one.state == name))
            frames.add_metric([str(number)], one.frames)
            unstored.add_metric([str(number)], one.unstored)
            given_up.add_metric([str(number)], one.given_up)
        return [state, frames, unstored, given_up]
