"""One contract for a voice that is pretended and espeak-ng, which here speaks into a file."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import wave
from pathlib import Path
from typing import Any

import pytest

from device_bridge.adapters.voice import espeak
from device_bridge.adapters.voice.espeak import EspeakVoice
from device_bridge.domain.words import WORDS
from device_bridge.errors import OutputFailed, SettingsError
from device_bridge.fakes.outputs import FakeVoice

needs_espeak = pytest.mark.skipif(
    shutil.which(espeak.PROGRAM) is None, reason="espeak-ng is not installed"
)


@pytest.fixture(params=["fake", pytest.param("espeak", marks=needs_espeak)])
def voice(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return FakeVoice() if request.param == "fake" else EspeakVoice(["-w", str(tmp_path / "x.wav")])


@pytest.mark.parametrize("language", WORDS)
def test_it_says_a_sentence_in_every_language(voice: Any, language: str) -> None:
    voice.say(WORDS[language]["use_badge"], language)


def test_closing_a_silent_voice_is_harmless(voice: Any) -> None:
    voice.close()
    voice.close()
    voice.say("Hello.", "en")


def seconds(path: Path) -> float:
    with wave.open(str(path)) as sound:
        return sound.getnframes() / sound.getframerate()


@needs_espeak
def test_what_is_said_can_be_heard(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    voice = EspeakVoice(["-w", str(path)])
    voice.say("Hello.", "en")
    short = seconds(path)
    voice.say("Hello. " + WORDS["en"]["stranger"], "en")
    assert 0.2 < short < seconds(path)


@needs_espeak
@pytest.mark.parametrize(
    "text", ["-w /etc/passwd", "--version", "<audio src='/etc/passwd'/>", "a\x00b", "; reboot"]
)
def test_a_sentence_is_never_an_option_or_a_command(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    EspeakVoice(["-w", str(path)]).say(text, "en")
    assert path.is_file()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("language", ["", "en;", "--version", "../../x", "EN"])
def test_only_a_language_is_a_language(voice: Any, language: str) -> None:
    if isinstance(voice, EspeakVoice):
        with pytest.raises(OutputFailed):
            voice.say("Hello.", language)


def program(folder: Path, body: str) -> str:
    path = folder / "voice"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("print('error: No such file or directory', file=sys.stderr)", "loudspeaker"),
        ("time.sleep(60)", "end"),
    ],
    ids=["no loudspeaker", "hangs"],
)
def test_a_voice_that_does_not_speak_is_an_error(
    body: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak, "_LONGEST_S", 0.5)
    with pytest.raises(OutputFailed, match=says):
        EspeakVoice(program=program(tmp_path, body)).say("Hello.", "en")


def test_closing_ends_what_is_being_said(tmp_path: Path) -> None:
    started = tmp_path / "started"
    body = f"open({str(started)!r}, 'w').close(); time.sleep(60)"
    voice = EspeakVoice(program=program(tmp_path, body))
    speaking = threading.Thread(target=voice.say, args=("Hello.", "en"))
    speaking.start()
    while not started.exists():
        time.sleep(0.01)
    voice.close()
    speaking.join(5)
    assert not speaking.is_alive()


def test_without_the_program_the_person_is_told_what_to_install() -> None:
    with pytest.raises(SettingsError, match="apt-get install"):
        EspeakVoice(program="no-such-voice")
