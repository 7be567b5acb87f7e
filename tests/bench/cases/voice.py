"""From a gate's outcome to the first sound of its voice."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from device_bridge.adapters.system_clock import SystemClock
from device_bridge.adapters.voice.espeak import EspeakVoice
from device_bridge.domain.event import CaptureTime, Outcome
from device_bridge.domain.gate import Gate, SpeechPolicy
from device_bridge.domain.notice import Notice
from device_bridge.domain.template import Candidate, Person
from device_bridge.domain.visit import Conclusion
from device_bridge.domain.words import WORDS
from device_bridge.pipeline.outputs.gate import GateOutputs, Outputs
from device_bridge.pipeline.outputs.voice import VoiceKeeper
from tests.bench.measure import Result, Setup, say_progress

WAV_HEADER_BYTES = 44
CLOCK = SystemClock()


def measure(setup: Setup) -> Result:
    """The real espeak-ng in all its languages; the loudspeaker is a pipe, read here.

    At an automatic gate the voice waits for Odoo's word on the direction as long as it may,
    because Odoo is thought reachable and does not answer: the worst there is.
    """
    rows = {}
    for name, direction in (("fixed direction", "in"), ("Odoo silent", "auto")):
        gate = Gate(1, "bench", ZoneInfo("UTC"), direction, speech=SpeechPolicy(own_language=True))
        took_ms = list(_greetings(gate, setup, name))
        middle, high = np.percentile(took_ms, [50, 95])
        rows[name] = {
            "median_ms": round(float(middle), 1),
            "p95_ms": round(float(high), 1),
            "n": len(took_ms),
        }
    worst = max(row["p95_ms"] for row in rows.values())
    return Result(keys={"voice_start_ms": worst}, raw={"voice_start": rows})


def _greetings(gate: Gate, setup: Setup, name: str) -> Iterator[float]:
    pipe = setup.scratch / f"{gate.direction}.wav"
    os.mkfifo(pipe)
    voice = VoiceKeeper(lambda: gate, EspeakVoice(["-w", str(pipe)]), CLOCK)
    outputs = Outputs({gate.id: GateOutputs(CLOCK, voice=voice)})
    outputs.reachable()
    thread = threading.Thread(target=voice.run)
    thread.start()
    rounds = max(setup.rounds, 3 * len(WORDS))
    for number in range(rounds):
        language = list(WORDS)[number % len(WORDS)]
        with _listening(pipe) as heard:
            begun_s = time.monotonic()
            outputs.concluded(_notice(gate, language, begun_s))
        yield (heard[0] - begun_s) * 1000
        say_progress(f"from outcome to voice, {name}", number + 1, rounds)
    voice.stop()
    thread.join()


@contextmanager
def _listening(pipe: Path) -> Iterator[list[float]]:
    """On leaving, the moment of the first sound is in the list, and all has been said."""
    heard: list[float] = []

    def listen() -> None:
        with pipe.open("rb", buffering=0) as sound:
            got = 0
            while part := sound.read(4096):
                got += len(part)
                if got > WAV_HEADER_BYTES and not heard:
                    heard.append(time.monotonic())

    listener = threading.Thread(target=listen)
    listener.start()
    yield heard
    listener.join()


def _notice(gate: Gate, language: str, decided_s: float) -> Notice:
    person = Person(1, "Mara Lindqvist", np.zeros((0, 0), np.float32), language)
    at = CaptureTime(CLOCK.now(), round(decided_s * 1000), "bench")
    conclusion: Any = Conclusion(
        Outcome.IDENTIFIED, Candidate(person, 0.97, 0.1), at, at, votes=3, frames=4, face_px=100
    )
    told = Notice(gate, Outcome.IDENTIFIED, conclusion, "u", 0.0, admits=True)
    return replace(told, decided_s=decided_s)
