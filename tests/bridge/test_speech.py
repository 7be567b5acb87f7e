"""What a gate says: when, to whom, in which words."""

from __future__ import annotations

import itertools
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_bridge.domain.answer import Act, Answer, Signal, answer_to
from device_bridge.domain.event import Outcome
from device_bridge.domain.gate import Gate, SpeechPolicy
from device_bridge.domain.guidance import Guidance
from device_bridge.domain.liveness import OFF
from device_bridge.domain.notice import Notice
from device_bridge.domain.phrases import LONGEST_NAME, phrase, spoken_name
from device_bridge.domain.speech import (
    HELD_S,
    SPARSELY_S,
    STALE_S,
    WORD_S,
    Speech,
    Utterance,
    words,
)
from device_bridge.domain.template import Candidate
from device_bridge.domain.visit import Conclusion
from device_bridge.domain.words import WORDS
from tests.builders import at, gate, person

MARA = person(7, "Mara Lindqvist", language="fr_BE")


def notice(outcome: Outcome, *, admits: bool = True, at_gate: Gate | None = None) -> Notice:
    known = outcome not in {Outcome.NO_CANDIDATE, Outcome.LOW_QUALITY}
    candidate = Candidate(MARA, 0.97, 0.1) if known else None
    conclusion = Conclusion(outcome, candidate, at(0), at(0), 3, 4, 100, OFF)
    return Notice(at_gate or gate(), outcome, conclusion, "u1", 200.0, 100.0, admits)


@pytest.mark.parametrize(
    ("outcome", "direction", "admits", "expected"),
    [
        (Outcome.IDENTIFIED, "in", True, (Act.WELCOME, Signal.PASS, 7)),
        (Outcome.IDENTIFIED, "out", True, (Act.GOODBYE, Signal.PASS, 7)),
        (Outcome.IDENTIFIED, "auto", True, (Act.HELLO, Signal.PASS, 7)),
        (Outcome.IDENTIFIED, "auto", False, None),
        (Outcome.REFRACTORY, "auto", True, (None, Signal.PASS, 7)),
        (Outcome.REFRACTORY, "auto", False, None),
        (Outcome.NO_CLEARANCE, "in", False, (Act.NOT_ALLOWED, Signal.REFUSED, None)),
        (Outcome.NO_CANDIDATE, "in", False, (Act.STRANGER, Signal.REFUSED, None)),
        (Outcome.PRESENTATION_ATTACK, "in", False, (Act.NOT_LIVE, Signal.REFUSED, None)),
        (Outcome.AMBIGUOUS, "in", False, (Act.USE_BADGE, Signal.WAIT, None)),
        (Outcome.LOW_QUALITY, "in", False, None),
    ],
)
def test_every_outcome_has_its_answer(
    outcome: Outcome, direction: str, admits: bool, expected: tuple[Any, ...] | None
) -> None:
    answer = answer_to(notice(outcome, admits=admits, at_gate=gate(direction=direction)))
    found = answer and (answer.act, answer.signal, answer.admits)
    assert found == expected


@pytest.mark.parametrize("outcome", Outcome)
def test_a_door_opens_for_nobody_who_is_not_admitted(outcome: Outcome) -> None:
    answer = answer_to(notice(outcome, admits=False))
    assert answer is None or answer.admits is None


@pytest.mark.parametrize("outcome", [Outcome.AMBIGUOUS, Outcome.PRESENTATION_ATTACK])
def test_whoever_is_not_known_for_sure_is_not_named(outcome: Outcome) -> None:
    answer = answer_to(notice(outcome, admits=False))
    assert answer is not None
    assert (answer.name, answer.language) == (None, None)


HELLO = Answer(Act.HELLO, Signal.PASS, 100.0, 7, "Mara", "fr", "u1", waits_for_word=True)
REFUSED = Answer(Act.NOT_ALLOWED, Signal.REFUSED, 100.0)


def key(found: Utterance | None) -> object:
    return None if found is None else found.key


def test_a_greeting_is_said_at_once_where_nobody_can_be_asked() -> None:
    speech = Speech()
    speech.answer(HELLO, 100.0, online=False)
    assert key(speech.take(100.0)) is Act.HELLO


@pytest.mark.parametrize(
    ("direction", "act"), [("in", Act.WELCOME), ("out", Act.GOODBYE), (None, Act.HELLO)]
)
def test_odoos_word_in_time_makes_it_a_welcome_or_a_goodbye(
    direction: str | None, act: Act
) -> None:
    speech = Speech()
    speech.answer(HELLO, 100.0, online=True)
    assert speech.take(100.05) is None
    speech.direction("another", "out", 100.05)
    speech.direction("u1", direction, 100.08)
    assert key(speech.take(100.08)) is act


def test_odoos_word_is_not_waited_for_longer_than_promised() -> None:
    speech = Speech()
    speech.answer(HELLO, 100.0, online=True)
    assert speech.next_s() == 100.0 + WORD_S
    assert key(speech.take(100.0 + WORD_S)) is Act.HELLO
    speech.direction("u1", "in", 100.4)
    assert speech.take(100.5) is None


def test_the_newest_wins_and_the_rest_is_never_said() -> None:
    speech = Speech()
    for answer in (HELLO, REFUSED):
        speech.answer(answer, 100.0, online=False)
    assert key(speech.take(100.0)) is Act.NOT_ALLOWED
    assert speech.take(101.0) is None


@pytest.mark.parametrize(("late_s", "said"), [(STALE_S - 0.1, True), (STALE_S + 0.1, False)])
def test_a_stale_greeting_is_dropped(late_s: float, said: bool) -> None:
    speech = Speech()
    speech.answer(HELLO, 100.0, online=False)
    assert (speech.take(100.0 + late_s) is not None) is said


def test_an_event_that_waited_for_a_disk_is_not_greeted() -> None:
    speech = Speech()
    speech.answer(HELLO, 160.0, online=False)
    assert speech.next_s() is None


def test_guidance_is_said_only_when_it_holds() -> None:
    speech = Speech()
    speech.guide(Guidance.COME_CLOSER, 100.0)
    assert speech.take(100.0 + HELD_S - 0.1) is None
    speech.guide(None, 100.0 + HELD_S - 0.1)
    assert speech.take(200.0) is None
    speech.guide(Guidance.COME_CLOSER, 200.0)
    assert key(speech.take(200.0 + HELD_S)) is Guidance.COME_CLOSER


def test_guidance_is_said_sparsely() -> None:
    speech, said = Speech(), []
    for tenth in range(300):
        now_s = tenth / 10
        if tenth % 20 == 0:
            speech.guide((Guidance.COME_CLOSER, Guidance.MORE_LIGHT)[tenth // 20 % 2], now_s)
        if speech.take(now_s):
            said.append(now_s)
    assert 2 <= len(said) <= 5
    assert all(b - a >= SPARSELY_S for a, b in itertools.pairwise(said))


def test_a_challenge_is_told_at_once() -> None:
    speech = Speech()
    speech.guide(Guidance.BLINK, 100.0)
    assert key(speech.take(100.0)) is Guidance.BLINK
    speech.guide(Guidance.TURN_LEFT, 100.5)
    assert key(speech.take(100.5)) is Guidance.TURN_LEFT


def test_no_guidance_takes_the_place_of_an_outcome() -> None:
    speech = Speech()
    speech.answer(REFUSED, 100.0, online=False)
    speech.guide(Guidance.BLINK, 100.0)
    speech.guide(None, 100.0)
    assert key(speech.take(100.0)) is Act.NOT_ALLOWED


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (SpeechPolicy(), ("Hello Mara.", "en")),
        (SpeechPolicy(by_name=False), ("Hello.", "en")),
        (SpeechPolicy(own_language=True), ("Bonjour Mara.", "fr")),
    ],
)
def test_a_greeting_as_the_gate_is_set(policy: SpeechPolicy, says: tuple[str, str]) -> None:
    said = words(Utterance(Act.HELLO, 0, 9, HELLO), gate(language="en-US", speech=policy))
    assert (said.text, said.language) == says


def test_a_language_that_the_gate_does_not_speak_is_the_gates() -> None:
    finnish = replace(HELLO, language="fi_FI")
    at_gate = gate(language="es-MX", speech=SpeechPolicy(own_language=True))
    assert words(Utterance(Act.HELLO, 0, 9, finnish), at_gate).text == "Hola Mara."
    nowhere = gate(language="fi-FI", speech=SpeechPolicy(own_language=True))
    assert words(Utterance(Act.HELLO, 0, 9, finnish), nowhere).language == "en"


@pytest.mark.parametrize("language", WORDS)
def test_everything_can_be_said_in_every_language(language: str) -> None:
    for code in [*Act, *Guidance]:
        said = phrase(code, [language], "Mara")
        assert said.language == language
        assert said.text.strip()
        assert ("Mara" in said.text) == (code in {Act.HELLO, Act.WELCOME, Act.GOODBYE})
    assert set(WORDS[language]) == set(WORDS["en"])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Mara Lindqvist", "Mara Lindqvist"),
        ("Nguyễn Thị Hồng", "Nguyễn Thị Hồng"),
        ("محمد علي", "محمد علي"),
        ("प्रिया शर्मा", "प्रिया शर्मा"),
        ("Jean-Luc O'Neil Jr.", "Jean-Luc O'Neil Jr"),
        ("[[h@l'oU]] Bob", "h l'oU Bob"),
        ("<speak>Bob</speak>", "speak Bob speak"),
        ("$(reboot) `id` Bob", "reboot id Bob"),
        ("Bob\x01-50s\x00\n{name}", "Bob - s name"),
        ("--version", "version"),
        ("007 😀", ""),
    ],
)
def test_a_name_is_said_and_nothing_else_in_it(name: str, said: str) -> None:
    assert spoken_name(name) == said


@given(st.text(max_size=5000))
def test_no_name_is_long_or_holds_anything_but_a_name(name: str) -> None:
    said = spoken_name(name)
    assert len(said) <= LONGEST_NAME
    assert not set(said) & (set(string.punctuation + string.digits) - set("'.-"))
    assert not any(ord(one) < 32 for one in said)
    assert phrase(Act.HELLO, ["en"], name).text.endswith(".")
