"""Eight threads on one engine, 10,000 different frames: every answer is the single thread's."""

from __future__ import annotations

import hashlib
import threading
import time

import cv2
import numpy as np

from device_bridge.domain.capture import ImageU8
from tests.bench.measure import Result, Setup, say_progress
from tests.bench.subjects import ONE_FACE, Ours, open_registry, scene

FRAMES, THREADS = 10_000, 8


def measure(setup: Setup) -> Result:
    """`--rounds` below 50 tries a hundredth of the frames."""
    frames = FRAMES if setup.rounds >= 50 else FRAMES // 100
    ours = Ours(open_registry(setup))
    photo = scene(ours, setup.faces, ONE_FACE)

    def answer(number: int) -> bytes:
        found = hashlib.sha256()
        for box, vector in ours.represent(frame(photo, number)):
            found.update(np.array(box).tobytes() + vector.tobytes())
        return found.digest()

    alone_s, expected = time.perf_counter(), []
    for number in range(frames):
        expected.append(answer(number))
        say_progress("10,000 frames, one thread", number + 1, frames)
    alone_s = time.perf_counter() - alone_s
    if len(set(expected)) < frames:
        raise SystemExit("some frames have the same answer: the comparison would prove less.")
    together_s, wrong = time.perf_counter(), []
    numbers, taking = iter(range(frames)), threading.Lock()

    def work() -> None:
        while True:
            with taking:
                number = next(numbers, None)
            if number is None:
                return
            if answer(number) != expected[number]:
                wrong.append(number)
            say_progress("10,000 frames, eight threads", number + 1, frames)

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together_s = time.perf_counter() - together_s
    row = {"frames": frames, "wrong": len(wrong), "one_s": alone_s, "eight_s": together_s}
    return Result(keys={"frames_wrong_with_8_threads": float(len(wrong))}, raw={"threads": row})


def frame(photo: ImageU8, number: int) -> ImageU8:
    """The photo, each time elsewhere and otherwise lit."""
    shift = np.array([[1, 0, number % 37 - 18], [0, 1, number % 23 - 11]], np.float32)
    moved = cv2.warpAffine(photo, shift, photo.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
    lit = cv2.convertScaleAbs(moved, alpha=0.8 + number % 401 / 1000, beta=number % 13)
    return lit.astype(np.uint8, copy=False)
