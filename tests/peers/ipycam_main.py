"""A real ONVIF camera with RTSP, MJPEG and snapshots on loopback: `ONVIF_PORT RTSP_PORT W H FPS`.

Started by tests.peers.camera with ipycam on the path; it binds to loopback only and tells
nobody else that it is there.
"""

from __future__ import annotations

import functools
import itertools
import logging
import sys
import time
from typing import Any

import ipycam.camera as peer  # type: ignore[import-not-found]
import numpy as np
from ipycam.config import CameraConfig  # type: ignore[import-not-found]
from ipycam.rtsp import NativeRTSPServer  # type: ignore[import-not-found]


class _Silent:
    """In place of WS-Discovery."""

    def __init__(self, *_: Any) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...


class _Loopback(peer.ReusableThreadingTCPServer):  # type: ignore[misc, name-defined]
    def __init__(self, address: tuple[str, int], handler: Any) -> None:
        super().__init__(("127.0.0.1", address[1]), handler)


def main() -> None:
    onvif_port, rtsp_port, width, height, fps = map(int, sys.argv[1:6])
    logging.basicConfig(level=logging.WARNING)
    peer.WSDiscoveryServer = _Silent
    peer.ReusableThreadingTCPServer = _Loopback
    peer.NativeRTSPServer = functools.partial(NativeRTSPServer, host="127.0.0.1")
    camera = peer.IPCamera(
        CameraConfig(
            local_ip="127.0.0.1",
            onvif_port=onvif_port,
            rtsp_port=rtsp_port,
            main_width=width,
            main_height=height,
            main_fps=fps,
            main_bitrate="2M",
            sub_width=width // 2,
            sub_height=height // 2,
            sub_fps=fps,
            username="admin",
            password="s3cret",
            hw_accel="cpu",
            go2rtc_api_port=1,
            show_timestamp=False,
        )
    )
    camera.start()
    print("ready", flush=True)  # noqa: T201
    shade = np.linspace(40, 200, width, dtype=np.uint8)
    next_s = time.monotonic()
    for number in itertools.count():
        row = np.roll(shade, number * 8)
        camera.stream(np.repeat(np.tile(row, (height, 1))[:, :, np.newaxis], 3, axis=2))
        next_s += 1 / fps
        time.sleep(max(0.0, next_s - time.monotonic()))


if __name__ == "__main__":
    main()
