"""A badge beside a face: which badges are known, and which face one belongs to.

Badge numbers never leave Odoo. A bridge that needs them gets a mark of each, inside the sealed
gallery; it knows a badge that it is shown, and has no list of numbers to lose.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from device_bridge.domain.template import Person, Vectors
from device_bridge.domain.visit import Conclusion

SHOWN_S = 30.0
"""A badge that was shown first waits so long for its face."""

ASKED_S = 30.0
"""A face waits at least so long for its badge."""

_MOST = 16


def badge_mark(chain: str, number: str) -> str:
    """HMAC-SHA256 of a badge number under the device's chain, hex."""
    return hmac.new(chain.encode(), number.encode(), hashlib.sha256).hexdigest()


class Badges:
    """Whose badge a mark is."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def replace(self, people: Mapping[int, str | None]) -> None:
        """The badges of these people are now exactly these."""
        self.forget(people)
        self._of |= {mark: employee for employee, mark in people.items() if mark}

    def forget(self, gone: Iterable[int]) -> None:
        left = set(gone)
        self._of = {mark: employee for mark, employee in self._of.items() if employee not in left}

    def clear(self) -> None:
        self._of.clear()

    def employee(self, mark: str) -> int | None:
        return self._of.get(mark)


@dataclass(frozen=True, slots=True)
class Asked:
    """A face that a badge is asked for.

    Attributes:
        probe: of somebody too alike to another, length one; None where the face is known and
            the badge is the second factor.
        until_s: monotonic time after which it is asked for no more.
        uuid: of the event that says that it was ambiguous, None if none was written.
    """

    conclusion: Conclusion
    until_s: float
    probe: Vectors | None = None
    uuid: str | None = None

    @property
    def employee(self) -> int | None:
        """Who it is, where that is known."""
        candidate = self.conclusion.candidate
        return None if self.probe is not None or candidate is None else candidate.person.employee


class BadgeDesk:
    """Faces that wait for a badge and badges that wait for a face, at one gate."""

    def __init__(self) -> None:
        self._asked: list[Asked] = []
        self._shown: dict[int, float] = {}

    def ask(self, asked: Asked) -> None:
        """Whoever is asked already is asked anew."""
        if asked.employee is not None:
            self._asked = [one for one in self._asked if one.employee != asked.employee]
        self._asked = [*self._asked, asked][-_MOST:]

    def show(self, employee: int, now_s: float) -> None:
        self._shown[employee] = now_s + SHOWN_S

    def settle(
        self, now_s: float, threshold: float, person: Callable[[int], Person | None]
    ) -> list[tuple[Asked, Person, float]]:
        """Faces whose badge has been shown, whose it is, and how similar they are.

        A badge proves nothing by itself: the face must be its owner's as well.
        """
        self._shown = {who: until_s for who, until_s in self._shown.items() if until_s > now_s}
        settled = []
        for employee in list(self._shown):
            owner = person(employee)
            if owner is None:
                continue
            found = [
                (similarity, place)
                for place, one in enumerate(self._asked)
                if one.until_s > now_s
                and (similarity := _similarity(one, owner)) is not None
                and similarity >= threshold
            ]
            if found:
                similarity, place = max(found)
                settled.append((self._asked.pop(place), owner, similarity))
                del self._shown[employee]
        return settled

    def expired(self, now_s: float) -> list[Asked]:
        """Faces whose badge was not shown in time; they wait no more."""
        gone = [one for one in self._asked if one.until_s <= now_s]
        self._asked = [one for one in self._asked if one.until_s > now_s]
        return gone


def _similarity(asked: Asked, owner: Person) -> float | None:
    """To the badge's owner; None if the face is known to be somebody else's."""
    if asked.probe is not None:
        return float((owner.vectors @ asked.probe).max())
    candidate = asked.conclusion.candidate
    return candidate.similarity if candidate and asked.employee == owner.employee else None
