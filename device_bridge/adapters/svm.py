"""A gallery that tells people apart by a linear support vector machine each.

Published attendance systems classify with an SVM; this is the honest comparison with
nearest templates (docs/evaluation.md). One machine per person against a fixed bank of
other people's templates (exemplar SVMs: Malisiewicz, Gupta, Efros 2011), so that adding
somebody fits one machine and leaves the others as they are. A probe that no machine
accepts is a stranger's.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from device_bridge.domain.matching import check_unit_rows
from device_bridge.domain.template import Candidate, Person, Vectors, require_same_model
from device_bridge.errors import SettingsError

SVM_THRESHOLD = 0.3
"""Verdicts run from −1 to 1; at 0, where a machine is undecided, it takes 8 % of strangers for
somebody (docs/evaluation.md), hence a bound of its own."""

_BANK_ROWS = 2000
_PENALTY = 10.0  # C; the published 1.0 accepts almost nobody (docs/evaluation.md)


@dataclass(frozen=True, slots=True)
class _Fitted:
    """One state of the gallery; never changed, only replaced."""

    people: tuple[Person, ...]
    weights: NDArray[np.float64]
    biases: NDArray[np.float64]


class SvmGallery:
    """Implements ports.Gallery; a candidate's similarity is its machine's verdict.

    The bank is drawn when the gallery is filled for the first time or by `refit`; people
    who come later are fitted against it and are nobody's negatives until then.
    """

    def __init__(self, model: str, dimension: int, *, seed: int = 0) -> None:
        self.model = model
        self.dimension = dimension
        self._seed = seed
        self._bank: tuple[Vectors, NDArray[np.int64]] | None = None
        self._machines: dict[int, tuple[Person, NDArray[np.float64], float]] = {}
        self._fitted = _Fitted((), np.zeros((0, dimension)), np.zeros(0))
        self._updating = threading.Lock()

    def __len__(self) -> int:
        """Number of people."""
        return len(self._fitted.people)

    def update(
        self,
        people: Sequence[Person],
        gone: Sequence[int],
        *,
        model: str | None = None,
        reset: bool = False,
    ) -> None:
        """As ports.Gallery: fits the machines of `people` only, and everybody's where
        templates go against which the others were fitted: a machine is made of them.

        Raises:
            ModelMismatch: a vector is of another model or dimension, or not of length one.
            SettingsError: scikit-learn is not installed.
        """
        require_same_model(model, self.model)
        for person in people:
            check_unit_rows(person.vectors, self.dimension)
        with self._updating:
            if reset:
                self._machines, self._bank = {}, None
            coming = {one.employee: one for one in people if one.employee not in set(gone)}
            for employee in {*gone, *coming}:
                self._machines.pop(employee, None)
            others = {employee: machine[0] for employee, machine in self._machines.items()}
            if self._forget_in_bank({*gone, *coming}):
                coming = others | coming  # they were all fitted against what is gone
            if self._bank is None or not len(self._bank[0]):
                coming = others | coming
                self._bank = self._draw_bank(list(coming.values()))
            for person in coming.values():
                self._machines[person.employee] = (person, *self._fit(person))
            self._publish()

    def refit(self) -> None:
        """Draw the bank anew from everybody and fit every machine."""
        with self._updating:
            people = [person for person, _, _ in self._machines.values()]
            self._bank = self._draw_bank(people)
            self._machines = {one.employee: (one, *self._fit(one)) for one in people}
            self._publish()

    def search(self, probes: Vectors, *, model: str | None = None) -> list[Candidate | None]:
        """As ports.Gallery.

        Raises:
            ModelMismatch: a probe is of another model or dimension, or not of length one.
        """
        require_same_model(model, self.model)
        rows = check_unit_rows(probes, self.dimension)
        fitted = self._fitted
        if not fitted.people:
            return [None] * len(rows)
        verdicts = rows @ fitted.weights.T + fitted.biases
        return [_candidate(fitted, line) for line in verdicts / (1 + np.abs(verdicts))]

    def _publish(self) -> None:
        machines = list(self._machines.values())
        self._fitted = _Fitted(
            tuple(person for person, _, _ in machines),
            np.array([weights for _, weights, _ in machines]).reshape(-1, self.dimension),
            np.array([bias for _, _, bias in machines]),
        )

    def _draw_bank(self, people: Sequence[Person]) -> tuple[Vectors, NDArray[np.int64]]:
        vectors = np.concatenate(
            [np.zeros((0, self.dimension), np.float32), *(one.vectors for one in people)]
        )
        owners = np.repeat([one.employee for one in people], [len(one.vectors) for one in people])
        order = np.random.default_rng(self._seed).permutation(len(vectors))[:_BANK_ROWS]
        return vectors[order], owners[order].astype(np.int64)

    def _forget_in_bank(self, employees: set[int]) -> bool:
        """Nothing of somebody erased may live on as a negative; old vectors neither.

        Returns:
            Whether there was something.
        """
        if self._bank is None:
            return False
        vectors, owners = self._bank
        kept = ~np.isin(owners, list(employees))
        self._bank = vectors[kept], owners[kept]
        return not bool(kept.all())

    def _fit(self, person: Person) -> tuple[NDArray[np.float64], float]:
        """Weights and bias; without anybody else, a machine that asks for closeness."""
        assert self._bank is not None  # noqa: S101 (update draws it first)
        vectors, owners = self._bank
        others = vectors[owners != person.employee]
        if not len(others):
            mean = person.vectors.mean(axis=0).astype(np.float64)
            return mean, -0.9 * float(np.linalg.norm(mean))
        machine = _svc()(kernel="linear", C=_PENALTY, class_weight="balanced")
        rows = np.concatenate([person.vectors, others])
        machine.fit(rows, np.arange(len(rows)) < len(person.vectors))
        return machine.coef_[0].astype(np.float64), float(machine.intercept_[0])


def _candidate(fitted: _Fitted, verdicts: NDArray[np.float64]) -> Candidate:
    best = int(verdicts.argmax())
    similarity = float(verdicts[best])
    if len(verdicts) == 1:
        return Candidate(fitted.people[best], similarity, None)
    second = float(np.partition(verdicts, -2)[-2])
    return Candidate(fitted.people[best], similarity, similarity - second)


def _svc() -> Any:
    try:
        from sklearn.svm import SVC  # noqa: PLC0415 (an extra; nothing else needs it)
    except ImportError:
        raise SettingsError(
            "The SVM needs scikit-learn: pip install 'device-bridge[evaluation]'."
        ) from None
    return SVC
