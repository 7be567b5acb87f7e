"""Who is enrolled, who is looked for, who is a stranger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.errors import SettingsError
from device_bridge.evaluation.splits import Available, Draw, draw_splits


def people(*photos: int) -> list[Available]:
    first, result = 0, []
    for count in photos:
        own = tuple(range(first, first + count))
        result.append(Available(own, own))
        first += count
    return result


crowds = st.lists(st.integers(0, 12), min_size=2, max_size=12)


@given(crowds, st.integers(1, 4), st.integers(1, 5), st.integers(0, 5), st.integers(0, 99))
def test_every_photo_is_used_once_at_most_and_for_one_purpose(
    photos: list[int], enrol: int, frames: int, strangers: int, seed: int
) -> None:
    everybody = people(*photos)
    draw = Draw(enrol, strangers, 3, seed, frames)
    try:
        splits = draw_splits(everybody, draw)
    except SettingsError:
        able = sum(one.suffices(draw) for one in everybody)
        assert able <= strangers
        return
    for split in splits:
        used = [index for own in split.enrolled.values() for index in own]
        used += [index for _, group in (*split.mated, *split.strangers) for index in group]
        assert len(used) == len(set(used))
        for who, group in (*split.mated, *split.strangers):
            assert len(group) == frames
            assert set(group) <= set(everybody[who].to_match)
        assert all(who in split.enrolled for who, _ in split.mated)
        assert all(who not in split.enrolled for who, _ in split.strangers)
        assert {who for who, _ in split.mated} == set(split.enrolled)


def test_the_same_seed_draws_the_same_splits() -> None:
    assert draw_splits(people(5, 5, 5, 5), Draw()) == draw_splits(people(5, 5, 5, 5), Draw())
    assert draw_splits(people(5, 5, 5, 5), Draw()) != draw_splits(people(5, 5, 5, 5), Draw(seed=1))


def test_somebody_with_too_few_photos_is_only_ever_a_stranger() -> None:
    for split in draw_splits(people(5, 5, 5, 2), Draw(strangers=1)):
        assert 3 not in split.enrolled
        assert 3 in {who for who, _ in split.strangers}


def test_somebody_enrolled_with_what_cannot_be_matched_keeps_the_rest() -> None:
    everybody = [Available((0, 1, 2, 3), (3, 4)), Available((5, 6, 7, 8), (5, 6, 7, 8))]
    for split in draw_splits(everybody, Draw(strangers=0, enrol=3)):
        assert all(len(own) == 3 for own in split.enrolled.values())
        assert {0, 1} == {who for who, _ in split.mated}


@pytest.mark.parametrize(
    ("photos", "draw", "says"),
    [
        ((5,), Draw(), "two or more"),
        ((2, 2, 2), Draw(), "0 of 3 people"),
        ((5, 5), Draw(strangers=2), "2 strangers"),
        ((5, 5), Draw(enrol=0), "start at 1"),
        ((5, 5), Draw(splits=0), "start at 1"),
    ],
)
def test_an_impossible_draw_is_explained(photos: tuple[int, ...], draw: Draw, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        draw_splits(people(*photos), draw)
