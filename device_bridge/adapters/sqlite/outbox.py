"""The outbox in one SQLite file: an event committed here survives the process.

What an event says is sealed; when, where and in which state it is lies open, so that
delivery, `outbox list` and a rescue need no key.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.database import Database
from device_bridge.domain.event import ChainLink, Sighting, hash_of, parse_utc, write_event
from device_bridge.domain.room import Room, room
from device_bridge.errors import SealBroken, StorageFull

SEALED_AWAY = "sealed_away"
"""Why an event is parked whose key is gone: this device was revoked, or paired as another."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    uuid TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    captured_at TEXT NOT NULL,
    body NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'acknowledged', 'parked')),
    reason TEXT,
    UNIQUE (chain, seq)
);
CREATE INDEX IF NOT EXISTS event_by_state ON event (state, captured_at);
CREATE INDEX IF NOT EXISTS event_in_state ON event (state);
CREATE TABLE IF NOT EXISTS head (
    chain TEXT PRIMARY KEY, device INTEGER NOT NULL, seq INTEGER NOT NULL, prev_hash TEXT NOT NULL
);
"""
_GIVES_WAY = 1000


@dataclass(frozen=True, slots=True)
class Depth:
    """How many events wait, and how many were set aside."""

    pending: int
    parked: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An event in the outbox, without what is sealed."""

    uuid: str
    chain: str
    seq: int
    gate: int
    captured_at: datetime
    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of the disk the outbox may take, and what it leaves to everything else."""

    most_bytes: int = 1_000_000_000
    reserve_bytes: int = 0


class SqliteOutbox:
    """Implements ports.Outbox; safe to share between threads and processes.

    Args:
        path: the database file; its directory exists.
        device, chain: as given at pairing; another chain starts at one again.
        sign: Ed25519 over 32 bytes.
        seal: closes what events say; None: it lies open.
    """

    def __init__(
        self,
        path: Path,
        device: int,
        chain: str,
        sign: Callable[[bytes], bytes],
        *,
        seal: Seal | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._seal, self._limits = seal, limits or Limits()
        self._database = Database(path, _SCHEMA, what="outbox", most_bytes=self._limits.most_bytes)
        try:
            self.begin_chain(device, chain, sign)
        except BaseException:
            self._database.close()
            raise

    def unlock(self, seal: Seal) -> None:
        """From now on what events say is closed with this, and opened."""
        self._seal = seal

    def begin_chain(self, device: int, chain: str, sign: Callable[[bytes], bytes]) -> None:
        """From now on events go into this chain, which goes on where it was if it is known."""
        with self._database.writing() as db:
            db.execute(
                "INSERT INTO head VALUES (?, ?, 1, ?) ON CONFLICT (chain) DO NOTHING",
                (chain, device, ChainLink(device, chain).prev_hash),
            )
            self._device, self._chain, self._sign = device, chain, sign

    def commit(self, sighting: Sighting, uuid: str | None = None) -> dict[str, Any]:
        """Chain, sign and store; durable when this returns. Raises StorageFull.

        An event that is here already under `uuid` is returned as it is. When there is no
        room, events that Odoo has give way; those that it has not never do.
        """
        try:
            return self._commit(sighting, uuid)
        except StorageFull:
            if not self._make_room():
                raise
            return self._commit(sighting, uuid)

    def _commit(self, sighting: Sighting, uuid: str | None) -> dict[str, Any]:
        free_bytes = self._database.disk_free_bytes()
        if free_bytes < self._limits.reserve_bytes:
            raise StorageFull(
                f"The disk has {free_bytes // 1_000_000} MB left and the outbox may not take"
                " them (outbox.reserve_mb): free some disk space."
            )
        with self._database.writing() as db:
            known = self._find(db, uuid) if uuid else None
            if known is not None:
                return known
            seq, prev_hash = db.execute(
                "SELECT seq, prev_hash FROM head WHERE chain = ?", (self._chain,)
            ).fetchone()
            link = ChainLink(self._device, self._chain, seq, prev_hash)
            event = write_event(
                sighting, link, uuid=uuid or str(uuid4()), salt=os.urandom(16), sign=self._sign
            )
            db.execute(
                "INSERT INTO event (uuid, chain, seq, gate, captured_at, body)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    event["uuid"],
                    self._chain,
                    seq,
                    event["gate"],
                    event["captured_at"],
                    self._closed(event),
                ),
            )
            db.execute(
                "UPDATE head SET seq = ?, prev_hash = ? WHERE chain = ?",
                (seq + 1, hash_of(event), self._chain),
            )
        return event

    def _make_room(self) -> bool:
        """Whether events that Odoo has gave way; the oldest do."""
        with self._database.writing() as db:
            gone = db.execute(
                "DELETE FROM event WHERE rowid IN (SELECT rowid FROM event"
                " WHERE state = 'acknowledged' ORDER BY rowid LIMIT ?)",
                (_GIVES_WAY,),
            )
            return gone.rowcount > 0

    def find(self, uuid: str) -> dict[str, Any] | None:
        """The event with this UUID, delivered or not, while it is kept here."""
        with self._database.reading() as db:
            return self._find(db, uuid)

    def pending(self, limit: int) -> list[dict[str, Any]]:
        """The events committed last of those that wait, in the order of their commit.

        By the order of commits and not by the clock, which may be wrong. Events whose key
        is gone are parked.
        """
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT uuid, body FROM event WHERE state = 'pending' ORDER BY rowid DESC LIMIT ?",
                (limit,),
            ).fetchall()
        found = []
        for uuid, body in reversed(rows):
            try:
                found.append(self._opened(uuid, body))
            except SealBroken:
                if self._seal is not None:  # else it is not unlocked yet
                    self.park(uuid, SEALED_AWAY)
        return found

    def waiting(self) -> int:
        with self._database.reading() as db:
            return _count(db, "pending")

    def since(self, captured_at: datetime) -> list[dict[str, Any]]:
        """Every kept event captured at or after a moment, oldest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT uuid, body FROM event WHERE captured_at >= ? ORDER BY captured_at DESC"
                " LIMIT 10000",
                (_text(captured_at),),
            ).fetchall()
        return self._readable(reversed(rows))

    def newest_per_gate(self) -> dict[int, dict[str, Any]]:
        """The event captured last at each gate, of those that are kept."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT uuid, body, max(captured_at) FROM event GROUP BY gate"
            ).fetchall()
        events = self._readable((uuid, body) for uuid, body, _ in rows)
        return {event["gate"]: event for event in events}

    def acknowledge(self, uuids: Sequence[str]) -> None:
        with self._database.writing() as db:
            db.executemany(
                "UPDATE event SET state = 'acknowledged', reason = NULL WHERE uuid = ?",
                [(one,) for one in uuids],
            )

    def park(self, uuid: str, reason: str) -> None:
        """Set aside an event the server rejected; it is kept and shown."""
        with self._database.writing() as db:
            db.execute(
                "UPDATE event SET state = 'parked', reason = ? WHERE uuid = ?", (reason, uuid)
            )

    def retry(self, uuids: Sequence[str] | None = None) -> int:
        """Parked events (all, or these) wait for delivery again. Returns how many."""
        again = "UPDATE event SET state = 'pending', reason = NULL WHERE state = 'parked'"
        with self._database.writing() as db:
            if uuids is None:
                return db.execute(again).rowcount
            return sum(db.execute(f"{again} AND uuid = ?", (one,)).rowcount for one in uuids)

    def kept(self, state: str, limit: int) -> list[Kept]:
        """The newest events in a state ("pending", "parked" or "acknowledged"), newest first."""
        with self._database.reading() as db:
            rows = db.execute(
                "SELECT uuid, chain, seq, gate, captured_at, state, reason FROM event"
                " WHERE state = ? ORDER BY rowid DESC LIMIT ?",
                (state, limit),
            ).fetchall()
        return [
            Kept(uuid, chain, seq, gate, parse_utc(at), now, why)
            for uuid, chain, seq, gate, at, now, why in rows
        ]

    def depth(self) -> Depth:
        with self._database.reading() as db:
            return Depth(_count(db, "pending"), _count(db, "parked"))

    def committed(self) -> tuple[str, int]:
        """The chain and the number of the last event committed in it; 0: none yet."""
        with self._database.reading() as db:
            (seq,) = db.execute("SELECT seq FROM head WHERE chain = ?", (self._chain,)).fetchone()
        return self._chain, seq - 1

    def room(self) -> Room:
        """How many more events can be kept."""
        return room(
            used_bytes=self._database.used_bytes(),
            most_bytes=self._limits.most_bytes,
            free_bytes=self._database.disk_free_bytes(),
            reserve_bytes=self._limits.reserve_bytes,
        )

    def delivered_through(self, now: datetime) -> datetime:
        """Everything captured before this moment has been acknowledged."""
        with self._database.reading() as db:
            (oldest,) = db.execute(
                "SELECT min(captured_at) FROM event WHERE state = 'pending'"
            ).fetchone()
        return now if oldest is None else min(now, parse_utc(oldest))

    def forget_acknowledged(self, before: datetime) -> int:
        """Delete acknowledged events captured before a moment; undelivered ones stay."""
        with self._database.writing() as db:
            return db.execute(
                "DELETE FROM event WHERE state = 'acknowledged' AND captured_at < ?",
                (_text(before),),
            ).rowcount

    def close(self) -> None:
        self._database.close()

    def _readable(self, rows: Iterable[tuple[str, str | bytes]]) -> list[dict[str, Any]]:
        found = []
        for row in rows:
            with suppress(SealBroken):
                found.append(self._opened(*row))
        return found

    def _find(self, db: sqlite3.Connection, uuid: str) -> dict[str, Any] | None:
        row = db.execute("SELECT uuid, body FROM event WHERE uuid = ?", (uuid,)).fetchone()
        return None if row is None else self._opened(*row)

    def _closed(self, event: dict[str, Any]) -> str | bytes:
        text = json.dumps(event, separators=(",", ":"))
        return self._seal.close(text.encode(), event["uuid"]) if self._seal else text

    def _opened(self, uuid: str, body: str | bytes) -> dict[str, Any]:
        """Raises SealBroken. Text is from before events were sealed."""
        if isinstance(body, bytes):
            if self._seal is None:
                raise SealBroken("Events are sealed and no key was given.")
            body = self._seal.open(body, uuid).decode()
        event: dict[str, Any] = json.loads(body)
        return event


def _count(db: sqlite3.Connection, state: str) -> int:
    row = db.execute("SELECT count(*) FROM event WHERE state = ?", (state,)).fetchone()
    return int(row[0])


def _text(moment: datetime) -> str:
    """As `captured_at` is stored, so that texts compare as times do."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
