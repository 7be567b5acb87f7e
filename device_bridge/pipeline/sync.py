"""Keep this bridge's settings and gallery those of the server, and tell it how we are."""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from device_bridge import __version__
from device_bridge.domain.event import parse_utc, utc_text
from device_bridge.domain.gate import Gate, read_gate
from device_bridge.domain.retry import backoff_s
from device_bridge.domain.template import Person
from device_bridge.errors import ModelMismatch, Refused, ServerUnreachable
from device_bridge.pipeline.server_time import ServerTime
from device_bridge.ports import Clock, Gallery, Server

_log = logging.getLogger(__name__)

Unseal = Callable[[dict[str, Any], str], bytes]


class Sync:
    """Settings, gallery and heartbeat; runs in a thread of its own.

    Args:
        unseal: opens a gallery page sealed to this device, given its cursor.
        health: what the heartbeat tells of outbox and cameras (wire/heartbeat.v1).
    """

    def __init__(
        self,
        *,
        server: Server,
        gallery: Gallery,
        unseal: Unseal,
        clock: Clock,
        server_time: ServerTime,
        boot_id: str,
        health: Callable[[], dict[str, Any]],
    ) -> None:
        self._server, self._gallery, self._unseal = server, gallery, unseal
        self._clock, self._server_time, self._boot_id = clock, server_time, boot_id
        self._health = health
        self._etag: str | None = None
        self._cursor: str | None = None
        self._beat_s = 30.0
        self._failures = 0
        self._gates: dict[int, Gate] = {}

    @property
    def gates(self) -> Mapping[int, Gate]:
        """The gates of this device as last synced; a new mapping after each change."""
        return self._gates

    def gate(self, gate_id: int) -> Gate:
        """One gate as last synced. Raises KeyError if it is not this device's."""
        return self._gates[gate_id]

    def pull(self) -> None:
        """Fetch settings and gallery now. Raises ServerUnreachable, Refused, ModelMismatch."""
        self._pull_config()
        self._pull_gallery()

    def run(self, stop: threading.Event) -> None:
        """A heartbeat every so often, and whatever it says has changed."""
        wait_s = 0.0
        while not stop.wait(wait_s):
            try:
                self.beat()
                self._failures = 0
                wait_s = self._beat_s
            except ServerUnreachable as error:
                self._failures += 1
                wait_s = error.retry_after_s or backoff_s(self._failures, random.random())  # noqa: S311
            except (Refused, ModelMismatch) as error:
                self._failures += 1
                _log.error("sync_refused", extra={"why": str(error)})
                wait_s = max(self._beat_s, backoff_s(self._failures, 1.0))

    def beat(self) -> None:
        """One heartbeat, and the sync that it asks for."""
        sent_at = self._clock.now()
        answer = self._server.heartbeat(
            {
                "sent_at": utc_text(sent_at),
                "boot_id": self._boot_id,
                "monotonic_ms": round(self._clock.monotonic_s() * 1000),
                "clock_offset_ms": self._server_time.offset_ms,
                "clock_uncertainty_ms": self._server_time.uncertainty_ms,
                "bridge_version": __version__,
                "model": self._gallery.model,
                "config_etag": self._etag,
                "gallery_cursor": self._cursor,
                **self._health(),
            }
        )
        server_at = parse_utc(answer["server_time"])
        self._server_time.measured(sent_at, server_at, self._clock.now())
        if answer.get("config_changed"):
            self._pull_config()
        if answer.get("gallery_changed"):
            self._pull_gallery()

    def _pull_config(self) -> None:
        config = self._server.config(self._etag)
        if config is None:
            return
        if config["model"] != self._gallery.model:
            raise ModelMismatch(
                f"Odoo holds templates of {config['model']!r}, this bridge makes"
                f" {self._gallery.model!r}: set recognition.model."
            )
        self._gates = {gate["id"]: read_gate(gate) for gate in config["gates"]}
        self._beat_s = float(config["heartbeat_s"])
        self._etag = config["etag"]
        _log.info("settings_synced", extra={"gates": sorted(self._gates)})

    def _pull_gallery(self) -> None:
        more = True
        while more:
            answer = self._server.gallery(self._cursor)
            if answer["model"] != self._gallery.model:
                raise ModelMismatch(f"The gallery is of {answer['model']!r}.")
            page = json.loads(self._unseal(answer["sealed"], answer["cursor"]))
            people = [_read_person(person) for person in page["people"]]
            self._gallery.update(people, page["gone"], reset=answer["cursor_reset"])
            self._cursor, more = answer["cursor"], answer["more"]
        _log.info("gallery_synced", extra={"people": len(self._gallery)})


def _read_person(data: dict[str, Any]) -> Person:
    vectors = [
        np.frombuffer(base64.b64decode(one["vector"], validate=True), dtype="<f4")
        for one in data["templates"]
    ]
    return Person(
        employee=data["employee"],
        display_name=data["display_name"],
        vectors=np.stack(vectors).astype(np.float32),
        language=data["language"],
        department=data["department"],
        tags=frozenset(data["tags"]),
    )
