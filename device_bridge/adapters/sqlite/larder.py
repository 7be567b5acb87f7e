"""Settings and gallery as last synced, sealed on the disk, so that a bridge starts without Odoo."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device_bridge.adapters.seal import Seal
from device_bridge.adapters.sqlite.database import Database
from device_bridge.domain.event import parse_utc, utc_text
from device_bridge.domain.lease import Lease
from device_bridge.errors import SealBroken, StorageDamaged

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (employee INTEGER PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);
"""


class SqliteLarder:
    """Implements ports.Larder. What was sealed under another key, or damaged, is thrown away:
    the server has it all."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self._seal = seal
        try:
            self._database = Database(path, _SCHEMA, what="gallery")
        except StorageDamaged:
            for beside in path.parent.glob(path.name + "*"):
                beside.unlink()
            self._database = Database(path, _SCHEMA, what="gallery")

    def note(self, name: str) -> Any:
        """What was noted under a name; None if nothing was, or it cannot be opened."""
        with self._database.reading() as db:
            row = db.execute("SELECT sealed FROM note WHERE name = ?", (name,)).fetchone()
        try:
            return None if row is None else json.loads(self._seal.open(row[0], name))
        except SealBroken:
            self.clear()
            return None

    def put(self, **notes: Any) -> None:
        with self._database.writing() as db:
            self._put(db, notes)

    def people(self) -> list[dict[str, Any]]:
        """As in wire/gallery_page.v1. Empty if one of them cannot be opened: then all go."""
        with self._database.reading() as db:
            rows = db.execute("SELECT employee, sealed FROM person").fetchall()
        try:
            return [json.loads(self._seal.open(sealed, str(who))) for who, sealed in rows]
        except SealBroken:
            self.clear()
            return []

    def adopt(
        self,
        people: Sequence[dict[str, Any]],
        gone: Sequence[int],
        cursor: str,
        *,
        reset: bool = False,
    ) -> None:
        """A page of the gallery, and where it ends; together, or not at all."""
        sealed = [
            (one["employee"], self._seal.close(json.dumps(one).encode(), str(one["employee"])))
            for one in people
        ]
        with self._database.writing() as db:
            if reset:
                db.execute("DELETE FROM person")
            db.executemany("DELETE FROM person WHERE employee = ?", [(one,) for one in gone])
            db.executemany("INSERT OR REPLACE INTO person VALUES (?, ?)", sealed)
            self._put(db, {"cursor": cursor})

    def lease(self) -> Lease | None:
        kept = self.note("lease")
        return None if kept is None else Lease(parse_utc(kept["contact_at"]), kept["ran_s"])

    def keep_lease(self, lease: Lease) -> None:
        at = datetime.fromtimestamp(lease.contact_at.timestamp(), UTC)
        self.put(lease={"contact_at": utc_text(at), "ran_s": lease.ran_s})

    def clear(self) -> None:
        """Nobody is known here any more; what was there is overwritten (secure_delete)."""
        with self._database.writing() as db:
            db.execute("DELETE FROM person")
            db.execute("DELETE FROM note")
        with self._database.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._database.close()

    def _put(self, db: sqlite3.Connection, notes: dict[str, Any]) -> None:
        db.executemany(
            "INSERT OR REPLACE INTO note VALUES (?, ?)",
            [
                (name, self._seal.close(json.dumps(value).encode(), name))
                for name, value in notes.items()
            ],
        )
