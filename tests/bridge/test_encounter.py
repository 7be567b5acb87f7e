"""From looks at faces to one conclusion per visit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.encounter import Encounters
from device_bridge.domain.event import Outcome
from device_bridge.domain.visit import Conclusion, Observation
from device_bridge.domain.vote import VotePolicy
from tests.builders import at, face, gate, look

FRAME_S = 1 / 15


def play(
    encounters: Encounters, *frames: list[Observation], start_s: float = 0.0
) -> list[Conclusion]:
    """Show frames at 15 a second."""
    found = []
    for index, observations in enumerate(frames):
        found += encounters.see(observations, at(start_s + index * FRAME_S))
    return found


def outcomes(conclusions: list[Conclusion]) -> list[Outcome]:
    return [one.outcome for one in conclusions]


def test_three_looks_that_agree_are_an_identification() -> None:
    found = play(Encounters(gate()), [look(1)], [look(1)], [look(1)], [look(1)])
    assert outcomes(found) == [Outcome.IDENTIFIED]
    assert found[0].votes == 3


def test_two_looks_are_none() -> None:
    assert play(Encounters(gate()), [look(1)], [look(1)]) == []


def test_copies_of_a_frame_count_once() -> None:
    assert play(Encounters(gate()), *[[look(1, fingerprint=5)] for _ in range(9)]) == []


def test_the_event_carries_the_time_of_the_first_look_that_counted() -> None:
    unclear = [look(outcome=Outcome.LOW_QUALITY)]
    found = play(Encounters(gate()), unclear, unclear, [look(1)], [look(1)], [look(1)])
    assert found[0].time == at(2 * FRAME_S)
    assert found[0].seen == at(0)


def test_votes_for_two_people_do_not_add_up() -> None:
    assert play(Encounters(gate()), [look(1)], [look(2)], [look(1)], [look(2)]) == []


def test_two_people_side_by_side_are_two_encounters() -> None:
    left, right = face(x=50), face(x=400)
    frames = [[look(1, where=left), look(2, where=right)] for _ in range(4)]
    found = play(Encounters(gate()), *frames)
    assert sorted(one.candidate.person.employee for one in found if one.candidate) == [1, 2]


def test_a_stranger_takes_two_looks_more() -> None:
    assert play(Encounters(gate()), *[[look()] for _ in range(4)]) == []
    assert outcomes(play(Encounters(gate()), *[[look()] for _ in range(5)])) == [
        Outcome.NO_CANDIDATE
    ]


def test_somebody_nearly_recognised_is_waited_for() -> None:
    near = [[look(similarity=0.945)] for _ in range(10)]
    encounters = Encounters(gate())
    assert play(encounters, *near) == []
    found = play(encounters, *[[look(1)] for _ in range(3)], start_s=10 * FRAME_S)
    assert outcomes(found) == [Outcome.IDENTIFIED]


def test_somebody_nearly_recognised_who_stays_is_a_stranger_in_the_end() -> None:
    near = [[look(similarity=0.945)] for _ in range(60)]
    assert outcomes(play(Encounters(gate()), *near)) == [Outcome.NO_CANDIDATE]


def test_a_stranger_who_turns_out_to_be_known_is_identified() -> None:
    frames = [[look()] for _ in range(6)] + [[look(1)] for _ in range(3)]
    assert outcomes(play(Encounters(gate()), *frames)) == [
        Outcome.NO_CANDIDATE,
        Outcome.IDENTIFIED,
    ]


def test_somebody_who_stays_is_noted_once() -> None:
    frames = [[look(1)] for _ in range(600)]
    assert outcomes(play(Encounters(gate()), *frames)) == [Outcome.IDENTIFIED]


@pytest.mark.parametrize(
    ("again_after_s", "outcome"),
    [(30, Outcome.REFRACTORY), (59, Outcome.REFRACTORY), (61, Outcome.IDENTIFIED)],
)
def test_the_same_person_within_the_refractory_period(
    again_after_s: float, outcome: Outcome
) -> None:
    encounters = Encounters(gate(refractory_s=60))
    play(encounters, *[[look(1)] for _ in range(3)])
    again = play(encounters, *[[look(1)] for _ in range(3)], start_s=again_after_s)
    assert outcomes(again) == [outcome]


def test_the_same_stranger_within_the_refractory_period_is_noted_once() -> None:
    encounters = Encounters(gate())
    play(encounters, *[[look()] for _ in range(5)])
    again = play(encounters, *[[look()] for _ in range(5)], start_s=20)
    assert outcomes(again) == [Outcome.REFRACTORY]


def test_a_face_that_was_never_clear_is_reported_when_it_leaves() -> None:
    encounters = Encounters(gate())
    play(encounters, *[[look(outcome=Outcome.LOW_QUALITY)] for _ in range(5)])
    assert outcomes(encounters.leave()) == [Outcome.LOW_QUALITY]


def test_somebody_else_at_the_same_place_is_another_encounter() -> None:
    encounters = Encounters(gate())
    play(encounters, *[[look(1)] for _ in range(3)])
    found = play(encounters, *[[look(2)] for _ in range(3)], start_s=5)
    assert outcomes(found) == [Outcome.IDENTIFIED]


def test_a_pause_of_a_recording_ends_an_encounter_though_nobody_waited() -> None:
    encounters = Encounters(gate())
    for index in range(2):
        encounters.see([look(1)], at(index * FRAME_S, recording=True))
    later = [encounters.see([look(1)], at(600 + i * FRAME_S, recording=True)) for i in range(2)]
    assert later == [[], []], "two looks now and two ten minutes ago are no three"


def test_a_repeated_stranger_is_not_given_the_name_of_whoever_looks_most_like_them() -> None:
    encounters = Encounters(gate())
    play(encounters, *[[look()] for _ in range(5)])
    (again,) = play(encounters, *[[look()] for _ in range(5)], start_s=20)
    assert again.candidate is None


def test_the_refractory_period_does_not_slide() -> None:
    encounters = Encounters(gate(refractory_s=60))
    found = []
    for visit in range(4):
        found += play(encounters, *[[look(1)] for _ in range(3)], start_s=visit * 40)
    assert outcomes(found) == [
        Outcome.IDENTIFIED,
        Outcome.REFRACTORY,
        Outcome.IDENTIFIED,
        Outcome.REFRACTORY,
    ]


def test_an_ambiguous_face_that_flickers_is_noted_once() -> None:
    encounters = Encounters(gate())
    for visit in range(5):
        play(encounters, *[[look(outcome=Outcome.AMBIGUOUS)] for _ in range(5)], start_s=visit * 3)
    seen = encounters.leave()
    assert set(outcomes(seen)) <= {Outcome.REFRACTORY}


def test_a_conclusion_holds_no_template() -> None:
    (found,) = play(Encounters(gate()), *[[look(1)] for _ in range(3)])
    assert found.candidate is not None
    assert found.candidate.person.vectors.size == 0


def test_a_strangers_template_is_forgotten_after_the_refractory_period() -> None:
    encounters = Encounters(gate(refractory_s=60))
    play(encounters, *[[look()] for _ in range(5)])
    encounters.see([], at(100))
    assert len(encounters._recent) == 0


def test_a_stranger_from_just_before_a_restart_is_not_repeated() -> None:
    encounters = Encounters(gate())
    encounters.remember_stranger(at(-2).captured_at)
    assert outcomes(play(encounters, *[[look()] for _ in range(5)])) == [Outcome.REFRACTORY]


def test_a_visit_from_before_a_restart_is_not_repeated() -> None:
    encounters = Encounters(gate())
    encounters.remember(1, at(-10).captured_at)
    assert outcomes(play(encounters, *[[look(1)] for _ in range(3)])) == [Outcome.REFRACTORY]


def test_looks_older_than_the_time_limit_do_not_count() -> None:
    encounters = Encounters(gate(vote=VotePolicy(3, 10, 1.0)))
    found = []
    for index in range(6):
        found += encounters.see([look(1)], at(index * 0.6))
    assert found == []


@given(
    st.lists(st.sampled_from([None, 1, 2]), min_size=1, max_size=40),
    st.integers(1, 4),
    st.integers(0, 6),
)
def test_nobody_is_named_with_fewer_than_k_looks(seen: list[int | None], k: int, more: int) -> None:
    encounters = Encounters(gate(vote=VotePolicy(k, k + more, 3.0)))
    found = play(encounters, *[[look(one)] for one in seen]) + encounters.leave()
    for one in found:
        if one.outcome is Outcome.IDENTIFIED:
            assert one.candidate is not None
            assert seen.count(one.candidate.person.employee) >= k
