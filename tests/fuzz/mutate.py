"""Bytes that are nearly right: most made-up bytes never get past the first check."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

# Sizes and counts that go wrong at the edges of signed and unsigned types.
_NUMBERS = [b"\x00\x00", b"\xff\xff", b"\x7f\xff", b"\x80\x00", b"\xff\xff\xff\xff", b"\x00" * 4]


@st.composite
def mutated(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """One of `seeds`, with up to eight wounds."""
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 8))):
        # Headers are where the harm is, so half of the wounds are there.
        reach = min(len(data), 64) if draw(st.booleans()) else len(data)
        at = draw(st.integers(0, reach))
        match draw(st.sampled_from(["flip", "cut", "number", "insert", "repeat", "splice"])):
            case "flip" if at < len(data):
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del data[at : at + draw(st.integers(1, 4096))]
            case "number":
                number = draw(st.sampled_from(_NUMBERS))
                data[at : at + len(number)] = number
            case "insert":
                data[at:at] = draw(st.binary(max_size=64))
            case "repeat":
                part = data[at : at + draw(st.integers(1, 256))]
                data[at:at] = part * draw(st.integers(1, 8))
            case "splice":
                data[at:] = draw(st.sampled_from(seeds))[at:]
    return bytes(data)
