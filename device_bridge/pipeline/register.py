"""Whom this bridge holds: the gallery, and beside it which templates and badges are whose."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from device_bridge.domain.badge import Badges
from device_bridge.domain.holdings import Holdings
from device_bridge.domain.template import Person
from device_bridge.ports import Gallery

_log = logging.getLogger(__name__)


class Register:
    """Everybody who was synced; changed by one thread only.

    Attributes:
        badges: whose badge is whose.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery, self._holdings = gallery, Holdings()
        self.badges = Badges()

    def hold(
        self, told: Sequence[dict[str, Any]], gone: list[int], model: str, *, reset: bool
    ) -> list[dict[str, Any]]:
        """Take people of wire/gallery_page.v1 in, and forget whoever is gone.

        Somebody who cannot be read is left out, with what was known of them: it may be what
        had to be erased.

        Args:
            gone: employees; those who could not be read are added to it.
            reset: these people are all there are.

        Returns those who could be read. Raises ModelMismatch.
        """
        people, uuids, badges, held = [], {}, {}, []
        for data in told:
            try:
                people.append(_read_person(data, self._gallery.dimension))
                uuids[data["employee"]] = [one["uuid"] for one in data["templates"]]
                badges[data["employee"]] = data.get("badge")
                held.append(data)
            except (KeyError, TypeError, ValueError) as error:
                who = data.get("employee") if isinstance(data, dict) else None
                _log.error("person_left_out", extra={"employee": who, "why": str(error)})
                gone += [who] if isinstance(who, int) else []
        self._gallery.update([], gone, model=model, reset=reset)
        if reset:
            self._holdings.clear()
            self.badges.clear()
        self._holdings.forget(gone)
        self.badges.forget(gone)
        self.badges.replace(badges)
        self._holdings.replace(uuids)  # first: what is about to be held is never called erased
        self._gallery.update(people, [], model=model)
        return held

    def erased(self, asked: Mapping[str, list[str]]) -> list[str]:
        """The erasures, of templates by UUID, of which nothing is held here."""
        return self._holdings.without(asked)

    def forget_everyone(self) -> None:
        if len(self._gallery):
            self._gallery.update([], [], model=self._gallery.model, reset=True)
        self._holdings.clear()
        self.badges.clear()


def _read_person(data: dict[str, Any], dimension: int) -> Person:
    """A person of wire/gallery_page.v1. Raises KeyError, TypeError, ValueError."""
    vectors = [
        np.frombuffer(base64.b64decode(one["vector"], validate=True), dtype="<f4")
        for one in data["templates"]
    ]
    rows = np.stack(vectors).astype(np.float32)
    if rows.shape[1] != dimension or not np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3):
        raise ValueError("a template is not of this model")
    return Person(
        employee=data["employee"],
        display_name=data["display_name"],
        vectors=rows,
        language=data["language"],
        department=data["department"],
        tags=frozenset(data["tags"]),
        second_factor=data.get("second_factor") is True,
    )
