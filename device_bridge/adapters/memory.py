"""Give freed memory back to the system: a bridge shares a small machine with others."""

from __future__ import annotations

import ctypes

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGE_BYTES = 6 * 1024 * 1024


def return_early() -> None:
    """Keep two heaps instead of eight per core, and give back what is not needed again.

    Left alone, glibc keeps a heap per thread, and in each the largest blocks that it ever
    held. The threshold is above a 720p frame and a network's input: with a lower one each
    of them would be mapped anew, which costs more than the detection itself. Other C
    libraries are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
