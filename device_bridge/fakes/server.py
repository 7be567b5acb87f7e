"""A device API in memory that answers as Odoo does, and can be made to fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from device_bridge.errors import BridgeError


class FakeServer:
    """Implements ports.Server.

    Attributes:
        down: raised by every call while set.
        events_seen: every event accepted, by UUID, in the order of arrival.
        reject: reasons by UUID; such events are rejected.
        refuse_enrolments: the reason with which enrolments are rejected, while set.
        erased: every erasure acknowledged, by UUID, in the order of arrival.
        lose_answers: so many accepted batches (events, erasures) whose answer never arrives.
        terminals_seen: what was told of terminals, in the order of arrival.
        rotations: every renewal asked for.
        backlogs: what each batch said of the events that still wait.
    """

    def __init__(self, config: dict[str, Any], pages: Sequence[dict[str, Any]] = ()) -> None:
        self._config, self._pages = config, list(pages)
        self.down: BridgeError | None = None
        self.events_seen: dict[str, dict[str, Any]] = {}
        self.reject: dict[str, str] = {}
        self.enrolled: list[dict[str, Any]] = []
        self.refuse_enrolments: str | None = None
        self.erased: list[str] = []
        self.beats: list[dict[str, Any]] = []
        self.lose_answers: list[BridgeError] = []
        self.gallery_changed = False
        self.backlogs: list[int] = []
        self.terminals_seen: list[dict[str, Any]] = []
        self.rotations: list[dict[str, Any]] = []

    def config(self, etag: str | None) -> dict[str, Any] | None:
        self._check()
        return None if etag == self._config["etag"] else self._config

    def gallery(self, cursor: str | None) -> dict[str, Any]:
        self._check()
        self.gallery_changed = False
        return self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]

    def events(self, events: Sequence[dict[str, Any]], backlog: int = 0) -> list[dict[str, Any]]:
        self._check()
        self.backlogs.append(backlog)
        results = [self._event(event) for event in events]
        if self.lose_answers:
            raise self.lose_answers.pop()
        return results

    def enrolments(self, enrolments: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        self._check()
        status = "rejected" if self.refuse_enrolments else "accepted"
        self.enrolled += [] if self.refuse_enrolments else enrolments
        return [
            {
                "status": status,
                "reason": self.refuse_enrolments,
                "employee": 1,
                "display_name": None if self.refuse_enrolments else "Mara Lindqvist",
                "templates": len(one["templates"]),
            }
            for one in enrolments
        ]

    def erasures(self, uuids: Sequence[str]) -> list[dict[str, Any]]:
        self._check()
        results = [
            {"uuid": uuid, "status": "duplicate" if uuid in self.erased else "accepted"}
            for uuid in uuids
        ]
        self.erased += [uuid for uuid in uuids if uuid not in self.erased]
        if self.lose_answers:
            raise self.lose_answers.pop()
        return results

    def terminals(self, terminals: Sequence[dict[str, Any]]) -> None:
        self._check()
        self.terminals_seen += terminals

    def heartbeat(self, beat: dict[str, Any]) -> dict[str, Any]:
        self._check()
        self.beats.append(beat)
        return {
            "server_time": self._config["server_time"],
            "config_changed": beat["config_etag"] != self._config["etag"],
            "gallery_changed": self.gallery_changed,
        }

    def rotation(self, body: dict[str, Any]) -> dict[str, Any]:
        self._check()
        self.rotations.append(body)
        if self.lose_answers:
            raise self.lose_answers.pop()
        return {"token_expires_at": "2027-11-20T07:57:03.000Z"}

    def unlock(self) -> bytes:
        self._check()
        return bytes(32)

    def _check(self) -> None:
        if self.down is not None:
            raise self.down

    def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        uuid = event["uuid"]
        if uuid in self.reject:
            return {"uuid": uuid, "status": "rejected", "reason": self.reject[uuid]}
        if uuid in self.events_seen:
            return {"uuid": uuid, "status": "duplicate"}
        self.events_seen[uuid] = event
        return {"uuid": uuid, "status": "accepted", "direction": "in", "message": "IN"}
