"""The outbox in one SQLite file: an event committed here survives the process.

WAL with synchronous=FULL: `commit` returns after the write-ahead log is on the disk.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from device_bridge.domain.event import ChainLink, Sighting, hash_of, parse_utc, write_event
from device_bridge.errors import StorageDamaged, StorageFull

_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    uuid TEXT PRIMARY KEY,
    chain TEXT NOT NULL,
    seq INTEGER NOT NULL,
    gate INTEGER NOT NULL,
    captured_at TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'acknowledged', 'parked')),
    reason TEXT,
    UNIQUE (chain, seq)
);
CREATE INDEX IF NOT EXISTS event_by_state ON event (state, captured_at);
CREATE TABLE IF NOT EXISTS head (
    chain TEXT PRIMARY KEY, device INTEGER NOT NULL, seq INTEGER NOT NULL, prev_hash TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Depth:
    """How many events wait, and how many were set aside."""

    pending: int
    parked: int


class SqliteOutbox:
    """Implements ports.Outbox; safe to share between threads.

    Args:
        path: the database file; its directory exists.
        device, chain: as given at pairing; another chain starts at one again.
        sign: Ed25519 over 32 bytes.
    """

    def __init__(self, path: Path, device: int, chain: str, sign: Callable[[bytes], bytes]) -> None:
        self._device, self._chain, self._sign = device, chain, sign
        self._lock = threading.Lock()
        with _translated():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                self._prepare(path)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, path: Path) -> None:
        path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(_SCHEMA)
        self._db.execute(
            "INSERT INTO head VALUES (?, ?, 1, ?) ON CONFLICT (chain) DO NOTHING",
            (self._chain, self._device, ChainLink(self._device, self._chain).prev_hash),
        )

    def commit(self, sighting: Sighting) -> dict[str, Any]:
        """Chain, sign and store; durable when this returns. Raises StorageFull."""
        with self._transaction() as db:
            seq, prev_hash = db.execute(
                "SELECT seq, prev_hash FROM head WHERE chain = ?", (self._chain,)
            ).fetchone()
            link = ChainLink(self._device, self._chain, seq, prev_hash)
            event = write_event(
                sighting, link, uuid=str(uuid.uuid4()), salt=os.urandom(16), sign=self._sign
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
                    json.dumps(event, separators=(",", ":")),
                ),
            )
            db.execute(
                "UPDATE head SET seq = ?, prev_hash = ? WHERE chain = ?",
                (seq + 1, hash_of(event), self._chain),
            )
        return event

    def pending(self, limit: int) -> list[dict[str, Any]]:
        """The oldest events that wait for the server's answer."""
        return self._bodies(
            "SELECT body FROM event WHERE state = 'pending' ORDER BY captured_at, seq LIMIT ?",
            limit,
        )

    def waiting(self) -> int:
        return self.depth().pending

    def since(self, captured_at: datetime) -> list[dict[str, Any]]:
        """Every kept event captured at or after a moment, oldest first."""
        bodies = self._bodies("SELECT body FROM event ORDER BY captured_at DESC LIMIT ?", 10_000)
        recent = [body for body in bodies if parse_utc(body["captured_at"]) >= captured_at]
        return recent[::-1]

    def newest_per_gate(self) -> dict[int, dict[str, Any]]:
        """The event captured last at each gate, of those that are kept."""
        with self._lock, _translated():
            rows = self._db.execute(
                "SELECT gate, body, max(captured_at) FROM event GROUP BY gate"
            ).fetchall()
        return {gate: json.loads(body) for gate, body, _ in rows}

    def acknowledge(self, uuids: Sequence[str]) -> None:
        with self._transaction() as db:
            db.executemany(
                "UPDATE event SET state = 'acknowledged', reason = NULL WHERE uuid = ?",
                [(one,) for one in uuids],
            )

    def park(self, uuid: str, reason: str) -> None:
        """Set aside an event the server rejected; it is kept and counted."""
        with self._transaction() as db:
            db.execute(
                "UPDATE event SET state = 'parked', reason = ? WHERE uuid = ?", (reason, uuid)
            )

    def depth(self) -> Depth:
        with self._lock, _translated():
            counts = dict(self._db.execute("SELECT state, count(*) FROM event GROUP BY state"))
        return Depth(counts.get("pending", 0), counts.get("parked", 0))

    def delivered_through(self, now: datetime) -> datetime:
        """Everything captured before this moment has been acknowledged."""
        with self._lock, _translated():
            (oldest,) = self._db.execute(
                "SELECT min(captured_at) FROM event WHERE state = 'pending'"
            ).fetchone()
        return now if oldest is None else min(now, parse_utc(oldest))

    def forget_acknowledged(self, before: datetime) -> int:
        """Delete acknowledged events captured before a moment; undelivered ones stay."""
        text = before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self._transaction() as db:
            return db.execute(
                "DELETE FROM event WHERE state = 'acknowledged' AND captured_at < ?", (text,)
            ).rowcount

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _bodies(self, query: str, limit: int) -> list[dict[str, Any]]:
        with self._lock, _translated():
            return [json.loads(body) for (body,) in self._db.execute(query, (limit,))]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's words into ours: a full or failing disk is something to try again."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StorageFull(
            f"The outbox could not be written ({error}): free some disk space or check the card."
        ) from error
    except sqlite3.DatabaseError as error:
        raise StorageDamaged(
            f"The outbox is damaged ({error}): move it aside and keep it, then start again."
        ) from error
