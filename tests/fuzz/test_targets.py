"""A taste of each fuzz target; `make fuzz` takes longer."""

from __future__ import annotations

from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import all_targets

TARGETS = all_targets()


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_whatever_comes_in_the_answer_is_a_result_or_a_typed_error(target: ModuleType) -> None:
    @settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
    @given(target.examples())
    def every(example: object) -> None:
        target.run(example)

    every()
