"""Starting the real camera that tests talk to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "hr-face-attendance"
IPYCAM = CACHE / "peers" / "ipycam-1.3.0"
MAIN = Path(__file__).with_name("ipycam_main.py")
USER, PASSWORD = "admin", "s3cret"
READY_WITHIN_S = 30.0


@dataclass(frozen=True)
class RealCamera:
    """A running ipycam."""

    process: subprocess.Popen[str]
    onvif_port: int
    rtsp_port: int

    @property
    def rtsp(self) -> str:
        return f"rtsp://127.0.0.1:{self.rtsp_port}/video_main"

    @property
    def mjpeg(self) -> str:
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.onvif_port}/stream.mjpeg"

    @property
    def snapshot(self) -> str:
        return f"http://{USER}:{PASSWORD}@127.0.0.1:{self.onvif_port}/snapshot.jpg"

    def freeze(self) -> None:
        """As a camera whose firmware hangs: connections stay and nothing comes."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)


@contextmanager
def real_camera(
    size: tuple[int, int, int] = (640, 360, 15), ports: tuple[int, int] | None = None
) -> Iterator[RealCamera]:
    """Width, height and frames per second; killed with its ffmpeg at the end."""
    assert IPYCAM.is_dir(), "Run `make setup`: the camera for tests is not there."
    onvif, rtsp = ports or (free_port(), free_port())
    process = subprocess.Popen(
        [sys.executable, str(MAIN), str(onvif), str(rtsp), *map(str, size)],
        env={**os.environ, "PYTHONPATH": str(IPYCAM)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for_port(onvif)
        wait_for_port(rtsp)
        yield RealCamera(process, onvif, rtsp)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int) -> None:
    ends_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < ends_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
