"""Comparing one person's templates with everybody else's: exactly, in plain Python.

Odoo loads no numeric library. Four captures against a thousand people with five templates
each take some 0.2 s, and an enrolment is rare.
"""

import math
import operator
import struct

LOOK_ALIKE_BELOW = 0.02
"""So much below the threshold HR is told that two people look alike: from there on a bad
picture of the one may come closer to the other."""

_sumprod = getattr(math, "sumprod", None) or (lambda a, b: sum(map(operator.mul, a, b)))


def numbers(vector):
    """The floats of float32 little-endian bytes."""
    return struct.unpack(f"<{len(vector) // 4}f", vector)


def closest(probes, gallery, least):
    """Who comes close: {person: greatest cosine similarity}, from `least` on.

    Args:
        probes: vectors of one person as bytes, each of length one.
        gallery: pairs of a person and one of their vectors as bytes.
    """
    mine = [numbers(probe) for probe in probes]
    found = {}
    for person, vector in gallery:
        theirs = numbers(vector)
        similarity = max(_sumprod(one, theirs) for one in mine) if mine else -1.0
        if similarity >= max(least, found.get(person, -1.0)):
            found[person] = min(similarity, 1.0)
    return found
