"""Bytes of a motion JPEG stream: the same bounded parts however they arrive, or refused."""

from __future__ import annotations

from hypothesis import strategies as st

from device_bridge.adapters.camera.multipart import MOST_BYTES, boundary_of, parts
from tests.fuzz.mutate import mutated

NAME = "multipart"
_HEAD = b"Content-Type: image/jpeg\r\n"
SEEDS = [
    b"--frame\r\n" + _HEAD + b"Content-Length: 4\r\n\r\nabcd\r\n--frame\r\n" + _HEAD + b"\r\n",
    b"--frame\r\n" + _HEAD + b"\r\nabcd\r\n--frame\r\n" + _HEAD + b"\r\nefgh\r\n--frame--\r\n",
    b"--frame\r\ncontent-length:0\r\n\r\n\r\n--frame\r\nContent-Length: 99999999\r\n\r\n",
]


def examples() -> st.SearchStrategy[bytes]:
    return mutated(SEEDS) | st.binary(max_size=256)


def run(data: bytes) -> None:
    boundary = boundary_of('multipart/x-mixed-replace; boundary="--frame"')
    assert boundary == b"--frame"
    found = [_all([data], boundary), _all([data[i : i + 1] for i in range(len(data))], boundary)]
    assert found[0] == found[1]
    assert all(len(part) <= min(MOST_BYTES, len(data)) for part in found[0] or [])


def _all(chunks: list[bytes], boundary: bytes) -> list[bytes] | None:
    try:
        return list(parts(chunks, boundary))
    except ValueError:
        return None
