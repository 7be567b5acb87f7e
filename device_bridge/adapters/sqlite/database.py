"""One SQLite file that only its owner reads, shared by threads, with errors of our own.

WAL with synchronous=FULL: a transaction is on the disk when it returns. secure_delete:
what is deleted is overwritten.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device_bridge.errors import StorageDamaged, StorageFull


class Database:
    """A connection with a lock.

    Args:
        what: names the file in error messages.
        most_bytes: the file never grows beyond; None: as the disk allows.
    """

    def __init__(
        self, path: Path, schema: str, *, what: str, most_bytes: int | None = None
    ) -> None:
        self._path, self._what = path, what
        self._lock = threading.Lock()
        with self._translated():
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            try:
                self._prepare(schema, most_bytes)
            except BaseException:
                self._db.close()
                raise

    def _prepare(self, schema: str, most_bytes: int | None) -> None:
        self._path.chmod(0o600)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(schema)
        if most_bytes is not None:
            self._db.execute(f"PRAGMA max_page_count = {most_bytes // self._pragma('page_size')}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Raises StorageFull, StorageDamaged."""
        with self._lock, self._translated():
            yield self._db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, durable after it. Raises StorageFull, StorageDamaged."""
        with self._lock, self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def used_bytes(self) -> int:
        """Without the pages that are free to be used again."""
        with self.reading():
            pages = self._pragma("page_count") - self._pragma("freelist_count")
            return pages * self._pragma("page_size")

    def disk_free_bytes(self) -> int:
        """Of the disk that the file is on, as far as this user may fill it."""
        disk = os.statvfs(self._path.parent)
        return disk.f_bavail * disk.f_frsize

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """SQLite's words into ours: a full or failing disk is something to try again."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageFull(
                f"The {self._what} could not be written ({error}): free some disk space or"
                " check the card."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StorageDamaged(
                f"The {self._what} is damaged ({error}): move it aside and keep it, then start"
                " again."
            ) from error
