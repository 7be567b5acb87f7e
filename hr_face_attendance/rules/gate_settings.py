"""Which settings hold at a gate: its own, else its site's, else its company's, else the standard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STANDARD = {
    "threshold": 0.95,
    "margin": 0.01,
    "pad": "off",
    "vote_k": 3,
    "vote_n": 10,
    "vote_within_s": 3.0,
    "min_face_px": 44,
    "refractory_s": 60,
    "badge": "off",
    "door_pulse_s": 3.0,
    "door_several": False,
    "door_fail": "secure",
    "door_left_open_s": 20.0,
    "voice": True,
    "voice_language": "gate",
    "voice_greeting": "name",
    "kiosk_delay_s": 10,
}
"""What a gate does of which nobody has said anything; also the list of what can be inherited."""

TOGETHER = (("vote_k", "vote_n", "vote_within_s"),)
"""Settings that make sense only with one another (3 of 10 frames): whoever sets one sets them all,
or a later change above would mix two votes."""

NOBODY = "standard"


@dataclass(frozen=True)
class Level:
    """What one level says: `own` holds only what was set there. `source` names it."""

    source: str
    own: Mapping[str, Any]


def resolve(
    levels: Iterable[Level], standard: Mapping[str, Any] = STANDARD
) -> dict[str, tuple[Any, str]]:
    """{setting: (value that holds, source)}.

    Args:
        levels: from the farthest to the nearest; the nearest that says something counts.
        standard: what holds where no level says anything; its source is NOBODY.
    """
    holds = {name: (value, NOBODY) for name, value in standard.items()}
    for level in levels:
        holds.update(
            {name: (value, level.source) for name, value in level.own.items() if name in holds}
        )
    return holds


def with_companions(names: Iterable[str]) -> set[str]:
    """These settings, and those that are set and given back only together with them."""
    named = set(names)
    return named.union(*(group for group in TOGETHER if named.intersection(group)))
