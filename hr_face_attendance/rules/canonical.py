"""One byte string per JSON value, so that bridge and server hash the same thing.

RFC 8785 (JSON Canonicalization Scheme) limited to what the wire needs: numbers are
integers or decimals of at most four places.
"""

import json
import math

DECIMALS = 4


def canonical(value):
    """UTF-8 bytes of `value`: sorted keys, no spaces, 1.0 written as 1.

    Raises:
        ValueError: a number is not finite or has more than four decimals, or a text
            is not Unicode (lone surrogates).
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _plain(value):
    if isinstance(value, float):
        if not math.isfinite(value) or abs(round(value, DECIMALS) - value) > 1e-12:
            raise ValueError(f"{value!r} is not a decimal of at most {DECIMALS} places")
        value = round(value, DECIMALS)
        return int(value) if value == int(value) else value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
