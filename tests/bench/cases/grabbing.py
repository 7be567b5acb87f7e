"""What it costs to keep the newest frame of four 720p15 streams (H.264, over sockets)."""

from __future__ import annotations

import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from device_bridge.adapters.camera.address import read_address
from device_bridge.adapters.camera.live import LiveCamera
from device_bridge.adapters.camera.video import StreamSource
from device_bridge.adapters.system_clock import SystemClock
from tests.bench.measure import Result, Setup, say_progress
from tests.peers.camera import free_port

STREAMS, SIZE, FPS = 4, "1280x720", 15
SETTLE_S = 4.0


def measure(setup: Setup) -> Result:
    """`--rounds` seconds are measured; 1.0 is one core. The senders only copy packets."""
    seconds = max(5, setup.rounds)
    clip = _clip(setup.scratch / "clip.ts")
    counts = [0] * STREAMS
    with ExitStack() as stack:
        cameras = [_camera(clip, stack) for _ in range(STREAMS)]
        threads = [
            threading.Thread(target=_look, args=(camera, counts, place))
            for place, camera in enumerate(cameras)
        ]
        for thread in threads:
            thread.start()
        time.sleep(SETTLE_S)
        before, cpu_s, wall_s = list(counts), time.process_time(), time.perf_counter()
        for second in range(seconds):
            time.sleep(1)
            say_progress("four streams of 1280×720, 15 a second", second + 1, seconds)
        cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
        fps = [(now - then) / wall_s for now, then in zip(counts, before, strict=True)]
        for camera in cameras:
            camera.close()
        for thread in threads:
            thread.join()
    if min(fps) < 0.8 * FPS:
        raise SystemExit(f"the streams came at {min(fps):.1f} frames a second: a busy machine.")
    share = round(cpu_s / wall_s, 3)
    row = {"core_share": share, "fps": [round(one, 1) for one in fps]}
    return Result(keys={"grabbing_4x720p15_core_share": share}, raw={"grabbing": row})


def _clip(path: Path) -> Path:
    """Ten seconds with as much movement and noise as a door sees, at 2 Mbit/s."""
    source = f"testsrc2=size={SIZE}:rate={FPS},noise=alls=12:allf=t"
    encoder = ["-c:v", "libx264", "-preset", "veryfast", "-b:v", "2M", "-g", str(2 * FPS)]
    quietly = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "10"]
    subprocess.run([*quietly, *encoder, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def _camera(clip: Path, stack: ExitStack) -> LiveCamera:
    address = f"tcp://127.0.0.1:{free_port()}"
    sender = subprocess.Popen(
        [
            *("ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", str(clip)),
            *("-c", "copy", "-f", "mpegts", f"{address}?listen=1"),
        ],
        stderr=subprocess.DEVNULL,
    )
    stack.callback(sender.wait)
    stack.callback(sender.kill)
    time.sleep(0.5)  # until it listens; asking would be taken for the reader
    return LiveCamera(StreamSource(read_address(address)), SystemClock(), "bench")


def _look(camera: LiveCamera, counts: list[int], place: int) -> None:
    for _ in camera.frames():
        counts[place] += 1
