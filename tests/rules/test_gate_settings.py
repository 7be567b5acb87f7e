"""Which setting holds at a gate, and who says so."""

import pytest
from attendance_rules import gate_settings
from attendance_rules.gate_settings import NOBODY, STANDARD, Level
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(sorted(STANDARD))
OWN = st.dictionaries(NAMES, st.integers(), max_size=4)


@pytest.mark.parametrize(
    ("levels", "holds"),
    [
        ([], (0.95, NOBODY)),
        ([("company", {"threshold": 0.9})], (0.9, "company")),
        ([("company", {"threshold": 0.9}), ("site", {}), ("here", {})], (0.9, "company")),
        ([("company", {"threshold": 0.9}), ("site", {"threshold": 0.8})], (0.8, "site")),
        ([("company", {"threshold": 0.9}), ("here", {"threshold": 0.95})], (0.95, "here")),
        ([("company", {"margin": 0.9})], (0.95, NOBODY)),
    ],
)
def test_the_nearest_level_that_says_something_counts(levels, holds):
    levels = [Level(*level) for level in levels]
    assert gate_settings.resolve(levels)["threshold"] == holds


def test_what_is_no_setting_is_not_let_through():
    assert set(gate_settings.resolve([Level("here", {"recording": True})])) == set(STANDARD)


@given(st.lists(OWN, max_size=4), OWN, NAMES)
def test_giving_a_setting_back_is_as_if_it_had_never_been_set(above, own, name):
    upper = [Level(str(number), values) for number, values in enumerate(above)]
    without = {key: value for key, value in own.items() if key != name}
    back = gate_settings.resolve([*upper, Level("here", without)])
    assert back[name] == gate_settings.resolve(upper)[name]
    kept = gate_settings.resolve([*upper, Level("here", own)])
    assert {key: value for key, value in back.items() if key != name} == {
        key: value for key, value in kept.items() if key != name
    }


@pytest.mark.parametrize(
    ("named", "all_of_them"),
    [
        ({"threshold"}, {"threshold"}),
        ({"vote_k"}, {"vote_k", "vote_n", "vote_within_s"}),
        ({"vote_n", "voice"}, {"vote_k", "vote_n", "vote_within_s", "voice"}),
        (set(), set()),
    ],
)
def test_a_vote_goes_together(named, all_of_them):
    assert gate_settings.with_companions(named) == all_of_them
