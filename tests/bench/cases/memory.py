"""From import to the first result, and the most memory held: the engine alone, a whole bridge.

Each is a process of its own that imports nothing else, started as `device-bridge run` starts.
"""

from __future__ import annotations

import json
import subprocess
import sys

import cv2
import numpy as np

from tests.bench.measure import Result, Setup, say_progress

FRAMES = 100
STARTS = 5
ENGINE = """
import json, sys, time
started_s = time.perf_counter()
from device_bridge.adapters import memory
memory.return_early()
from pathlib import Path
import numpy as np
from device_bridge.adapters.face_deepface.registry import Registry
registry = Registry(Path(sys.argv[1]))
detector, embedder = registry.detector(), registry.embedder()
frame = np.load(sys.argv[2])
def look():
    return embedder.embed([embedder.align(frame, face) for face in detector.detect(frame)])
faces = len(look())
"""
BRIDGE = """
import json, sys, time
started_s = time.perf_counter()
from device_bridge.adapters import memory
memory.return_early()
import device_bridge.wiring.bridge  # all that a bridge imports
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo
import numpy as np
from device_bridge.adapters.face_deepface.registry import Registry
from device_bridge.domain.capture import Frame
from device_bridge.domain.event import CaptureTime
from device_bridge.domain.gallery import MatrixGallery
from device_bridge.domain.gate import Gate
from device_bridge.domain.template import Person
from device_bridge.pipeline.observe import Observer
registry = Registry(Path(sys.argv[1]))
detector, embedder = registry.detector(), registry.embedder()
gallery = MatrixGallery(embedder.model, embedder.dimension)
vectors = np.random.default_rng(0).standard_normal((3000, 128), np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
gallery.update([Person(n, f"Person {n}", vectors[n::1000]) for n in range(1000)], [])
observer = Observer(detector, embedder, gallery)
frame = Frame(np.load(sys.argv[2]), CaptureTime(datetime.now(UTC), 0, "bench"), 0)
gate = Gate(1, "bench", ZoneInfo("UTC"))
def look():
    return observer.observe(frame, gate)
faces = len(look())
"""
_REPORT = f"""
first_s = time.perf_counter() - started_s
for _ in range({FRAMES}):
    look()
status = dict(line.split(":") for line in open("/proc/self/status") if ":" in line)
def mb(name):
    return round(int(status[name].split()[0]) / 1024, 1)
print(json.dumps({{"faces": faces, "first_result_s": round(first_s, 3), "peak_mb": mb("VmHWM"),
                   "at_end_mb": mb("VmRSS"), "of_files_mb": mb("RssFile")}}))
"""


def measure(setup: Setup) -> Result:
    """100 frames of 1280×720 with four people in them, all embedded at once."""
    photo = cv2.imread(str(setup.faces / "face-api" / "sample6.jpg"))
    if photo is None:
        raise SystemExit(f"{setup.faces}/face-api/sample6.jpg is missing: run `make setup`.")
    np.save(setup.scratch / "frame.npy", cv2.resize(photo, (1280, 720)))
    engine = []
    for number in range(STARTS):
        say_progress("memory: detector and embedder", number, STARTS)
        engine.append(_run(setup, ENGINE))
    say_progress("memory: detector and embedder", STARTS, STARTS)
    bridge = _run(setup, BRIDGE)
    keys = {
        "import_to_first_result_s": float(np.median([one["first_result_s"] for one in engine])),
        "rss_mb": max(one["peak_mb"] for one in engine),
        "bridge_rss_mb": bridge["peak_mb"],
    }
    return Result(keys=keys, raw={"memory": {"engine": engine, "bridge": bridge}})


def _run(setup: Setup, script: str) -> dict[str, float]:
    command = [sys.executable, "-c", script + _REPORT]
    command += [str(setup.weights), str(setup.scratch / "frame.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found
