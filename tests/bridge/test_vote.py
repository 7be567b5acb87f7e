"""Properties of the vote and of the tracks, whatever is seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.capture import Face
from device_bridge.domain.encounter import Encounters
from device_bridge.domain.event import Outcome
from device_bridge.domain.template import Candidate
from device_bridge.domain.track import match_tracks
from device_bridge.domain.visit import Conclusion
from device_bridge.domain.vote import Look, VotePolicy, tally
from tests.builders import at, face, gate, look, person

FRAME_S = 1 / 15

seen = st.lists(st.sampled_from([None, 1, 2, 3]), max_size=30)
policies = st.tuples(st.integers(1, 5), st.integers(0, 10)).map(
    lambda two: VotePolicy(two[0], two[0] + two[1], 3.0)
)
faces = st.lists(
    st.builds(face, x=st.floats(0, 600), y=st.floats(0, 400), size=st.floats(1, 300)), max_size=6
)


def looks_at(people: list[int | None]) -> list[Look]:
    return [
        Look(
            Outcome.IDENTIFIED if who else Outcome.NO_CANDIDATE,
            Candidate(person(who or 99), 0.97 if who else 0.8, 0.1),
            at(number * FRAME_S),
        )
        for number, who in enumerate(people)
    ]


@given(seen, policies, st.booleans())
def test_whoever_is_named_has_k_of_the_last_n_looks(
    people: list[int | None], policy: VotePolicy, overdue: bool
) -> None:
    looks = looks_at(people)
    now = at(len(people) * FRAME_S)
    ballot = tally(looks, policy, now, threshold=0.95, overdue=overdue)
    counted = people[-policy.n :]
    if ballot is not None and ballot.outcome is Outcome.IDENTIFIED:
        assert counted.count(ballot.looks[0].employee) >= policy.k
        assert len({one.employee for one in ballot.looks}) == 1
    else:
        assert all(counted.count(who) < policy.k for who in (1, 2, 3))


@given(seen, policies)
def test_looks_at_somebody_else_never_add_to_a_vote(
    people: list[int | None], policy: VotePolicy
) -> None:
    """With one look fewer than k for everybody, nobody is named."""
    capped: list[int | None] = []
    for who in people:
        if capped.count(who) < policy.k - 1:
            capped.append(who)
    ballot = tally(looks_at(capped), policy, at(2), threshold=0.95)
    assert ballot is None or ballot.outcome is not Outcome.IDENTIFIED


@given(st.lists(st.tuples(st.sampled_from([None, 1, 2]), st.integers(1, 4)), max_size=20))
def test_repeating_frames_changes_no_outcome(frames: list[tuple[int | None, int]]) -> None:
    """A camera that gives each frame several times says no more than one that doesn't."""

    def outcomes(repeated: bool) -> list[Conclusion]:
        encounters, found = Encounters(gate()), list[Conclusion]()
        for number, (who, times) in enumerate(frames):
            for _ in range(times if repeated else 1):
                one = look(who, fingerprint=number)
                found += encounters.see([one], at(number * FRAME_S))
        return found + encounters.leave()

    def told(conclusions: list[Conclusion]) -> list[tuple[Outcome, int | None, int]]:
        return [
            (one.outcome, one.candidate.person.employee if one.candidate else None, one.votes)
            for one in conclusions
            if one.outcome is not Outcome.LOW_QUALITY
        ]

    assert told(outcomes(True)) == told(outcomes(False))


@given(faces, faces)
def test_no_face_continues_two_tracks_nor_two_faces_one(known: list[Face], now: list[Face]) -> None:
    continued = match_tracks(known, now)
    used = [index for index in continued if index is not None]
    assert len(continued) == len(now)
    assert len(used) == len(set(used))
    assert all(0 <= index < len(known) for index in used)


@given(faces)
def test_faces_that_stay_keep_their_tracks(known: list[Face]) -> None:
    """Where two stand on one another they may swap, but nobody is lost."""
    continued = match_tracks(known, known)
    assert sorted(index for index in continued if index is not None) == list(range(len(known)))
