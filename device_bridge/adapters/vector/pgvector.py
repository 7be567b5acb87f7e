"""The gallery in PostgreSQL with pgvector: for more templates than one machine should hold.

The answer is exact: the engine compares every template. An index would be quicker and would
miss somebody now and then; whoever wants that creates one (docs/evaluation.md says what it
costs). Templates leave this process, readable: the database must be nobody else's and its
disk encrypted.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from device_bridge.domain.matching import check_unit_rows
from device_bridge.domain.snapshot import bounded
from device_bridge.domain.template import Candidate, Person, Vectors, require_same_model
from device_bridge.errors import ServerUnreachable, SettingsError

_TABLES = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE TABLE IF NOT EXISTS bridge_person (
    gallery text NOT NULL, employee bigint NOT NULL, display_name text NOT NULL,
    language text NOT NULL, department bigint, tags bigint[] NOT NULL,
    PRIMARY KEY (gallery, employee));
ALTER TABLE bridge_person ADD COLUMN IF NOT EXISTS second_factor boolean NOT NULL DEFAULT false;
CREATE TABLE IF NOT EXISTS bridge_template (
    gallery text NOT NULL, employee bigint NOT NULL, template vector NOT NULL,
    FOREIGN KEY (gallery, employee) REFERENCES bridge_person ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS bridge_template_owner ON bridge_template (gallery, employee);
"""

# `<#>` is the inner product with its sign turned. One statement sees one state.
_NEAREST = """
WITH near AS (
    SELECT employee, max(-(template <#> %(probe)s)) AS similarity FROM bridge_template
    WHERE gallery = %(gallery)s GROUP BY employee ORDER BY similarity DESC LIMIT 2)
SELECT employee, similarity, display_name, language, department, tags, second_factor,
    array(SELECT template FROM bridge_template AS own
          WHERE own.gallery = %(gallery)s AND own.employee = near.employee)
FROM near JOIN bridge_person USING (employee) WHERE gallery = %(gallery)s
ORDER BY similarity DESC
"""


class PgVectorGallery:
    """Implements ports.Gallery. Several bridges may share one, or have one each, by name.

    Raises (everywhere): ServerUnreachable when the engine does not answer.
    """

    def __init__(self, dsn: str, name: str, model: str, dimension: int) -> None:
        """
        Args:
            dsn: address of the database, as libpq takes it.
            name: what the gallery is called in it; templates of different models are
                kept apart whatever the name.

        Raises:
            SettingsError: the extra `vector` is not installed.
        """
        self.model = model
        self.dimension = dimension
        self._gallery = f"{name}/{model}"
        with _translated():
            # Two connections, so that a search waits for no update.
            self._reading, self._writing = _connect(dsn), _connect(dsn)
        self._read_lock, self._write_lock = threading.Lock(), threading.Lock()

    def close(self) -> None:
        for connection in (self._reading, self._writing):
            connection.close()

    def __len__(self) -> int:
        """Number of people."""
        with self._read_lock, _translated():
            counted = self._reading.execute(
                "SELECT count(*) FROM bridge_person WHERE gallery = %s", [self._gallery]
            )
            return int(counted.fetchone()[0])

    def update(
        self,
        people: Sequence[Person],
        gone: Sequence[int],
        *,
        model: str | None = None,
        reset: bool = False,
    ) -> None:
        """As ports.Gallery, in one transaction.

        Raises:
            ModelMismatch: a vector is of another model or dimension, or not of length one;
                the gallery stays as it was.
        """
        require_same_model(model, self.model)
        for person in people:
            check_unit_rows(person.vectors, self.dimension)
        coming = {person.employee: person for person in people}
        for employee in gone:
            coming.pop(employee, None)
        with self._write_lock, _translated(), self._writing.transaction():
            if reset:
                self._write("DELETE FROM bridge_person WHERE gallery = %s")
            leaving = [*gone, *coming]
            self._write(
                "DELETE FROM bridge_person WHERE gallery = %s AND employee = ANY(%s)", leaving
            )
            self._insert(list(coming.values()))

    def search(self, probes: Vectors, *, model: str | None = None) -> list[Candidate | None]:
        """As ports.Gallery; all probes of a call see the same state.

        Raises:
            ModelMismatch: a probe is of another model or dimension, or not of length one.
        """
        require_same_model(model, self.model)
        rows = check_unit_rows(probes, self.dimension)
        with self._read_lock, _translated(), self._reading.transaction():
            self._reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return [self._nearest(probe) for probe in rows]

    def _nearest(self, probe: Vectors) -> Candidate | None:
        found = self._reading.execute(
            _NEAREST, {"probe": _vector(probe), "gallery": self._gallery}
        ).fetchall()
        if not found:
            return None
        employee, similarity, name, language, department, tags, second_factor, templates = found[0]
        vectors = np.array([template.to_numpy() for template in templates], np.float32)
        vectors.setflags(write=False)
        person = Person(
            employee, name, vectors, language, department, frozenset(tags), second_factor
        )
        best = bounded(similarity)
        margin = best - bounded(found[1][1]) if len(found) > 1 else None
        return Candidate(person, best, margin)

    def _write(self, statement: str, *values: Any) -> None:
        self._writing.execute(statement, [self._gallery, *values])

    def _insert(self, people: Sequence[Person]) -> None:
        with self._writing.cursor() as cursor:
            with cursor.copy(
                "COPY bridge_person (gallery, employee, display_name, language, department, tags,"
                " second_factor) FROM STDIN"
            ) as copy:
                for one in people:
                    copy.write_row(
                        (
                            self._gallery,
                            one.employee,
                            one.display_name,
                            one.language,
                            one.department,
                            sorted(one.tags),
                            one.second_factor,
                        )
                    )
            with cursor.copy(
                "COPY bridge_template (gallery, employee, template) FROM STDIN"
            ) as copy:
                for one in people:
                    for vector in one.vectors:
                        copy.write_row((self._gallery, one.employee, _vector(vector)))


def _vector(row: Vectors) -> Any:
    from pgvector import Vector  # noqa: PLC0415 (an extra; nothing else needs it)

    return Vector(row)


def _connect(dsn: str) -> Any:
    try:
        import psycopg  # noqa: PLC0415 (an extra; nothing else needs it)
        from pgvector.psycopg import register_vector  # noqa: PLC0415
    except ImportError:
        raise SettingsError(
            "The gallery in PostgreSQL needs pip install 'device-bridge[vector]'."
        ) from None
    connection = psycopg.connect(dsn, autocommit=True, connect_timeout=5)
    connection.execute(_TABLES)
    register_vector(connection)
    return connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        import psycopg  # noqa: PLC0415

        vendor: type[Exception] = psycopg.Error
    except ImportError:
        vendor = SettingsError
    try:
        yield
    except SettingsError:
        raise
    except vendor as error:
        # The address may hold a password; the first line of the engine's word does not.
        raise ServerUnreachable(f"The vector engine failed: {type(error).__name__}.") from error
