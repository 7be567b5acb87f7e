"""Figures for a monitoring system, in Prometheus' text format. They name nobody."""

from __future__ import annotations

from prometheus_client import Counter, Histogram, generate_latest

from device_bridge.adapters.figures import Gauges, registry_of

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts calls, and asks for the rest when it is read.

    Args:
        gauges: read at each scrape.
    """

    def __init__(self, gauges: Gauges) -> None:
        self._registry = registry_of(gauges)
        self._calls = Counter(
            "bridge_calls", "Calls answered.", ["route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "bridge_call_seconds",
            "From the request's head to the answer's.",
            ["route"],
            buckets=_BOUNDS_S,
            registry=self._registry,
        )
        self._outcomes = Counter(
            "bridge_outcomes", "What identifications came to.", ["outcome"], registry=self._registry
        )

    def called(self, route: str, status: int, seconds: float) -> None:
        """`route` is a template, as in /v1/identify; never a path that a caller made up."""
        self._calls.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def identified(self, outcome: str) -> None:
        self._outcomes.labels(outcome).inc()

    def text(self) -> bytes:
        return generate_latest(self._registry)
