"""Give freed memory back to the system: a bridge shares a small machine with others."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 6 * 1024 * 1024
_SMALL_BYTES = 64 * 1024
_loading = threading.Lock()


def return_early() -> None:
    """Keep two heaps instead of eight per core, and give back what is not needed again.

    Left alone, glibc keeps a heap per thread, and in each the largest blocks that it ever
    held. The threshold is above a 720p frame and a network's input: with a lower one each
    of them would be mapped anew, which costs more than the detection itself. Other C
    libraries are left alone.
    """
    _set(_M_ARENA_MAX, 2)
    _set(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    _set(_M_TRIM_THRESHOLD, _LARGE_BYTES)


@contextmanager
def loading() -> Iterator[None]:
    """While a network is loaded, map each block apart, so that what is freed is gone.

    Loading copies and reorders the weights; in one heap the first copy would stay as a
    hole between what is kept: 20 MB for dlib's network.
    """
    with _loading:
        _set(_M_MMAP_THRESHOLD, _SMALL_BYTES)
        try:
            yield
        finally:
            _set(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def _set(parameter: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(parameter, value)
