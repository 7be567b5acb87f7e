"""One byte string per JSON value, so that both sides hash and sign the same thing.

RFC 8785 (JSON Canonicalization Scheme), limited to what our wire needs: numbers
are integers or decimals of at most four places, where Python's shortest repr and
ECMAScript's agree.
"""

from __future__ import annotations

import json
import math
from typing import Any

DECIMALS = 4


def canonical(value: Any) -> bytes:
    """UTF-8 bytes of `value` with sorted keys, no spaces and 1.0 written as 1.

    Raises:
        ValueError: a number is not finite or has more than four decimals.
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        if not math.isfinite(value) or abs(round(value, DECIMALS) - value) > 1e-12:
            raise ValueError(f"{value!r} is not a decimal of at most {DECIMALS} places")
        value = round(value, DECIMALS)
        return int(value) if value == int(value) else value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
