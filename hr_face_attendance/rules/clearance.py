"""Who may pass a gate when, read from the rules that travel to it (wire/config.v1).

The bridge decides at the gate, by `device_bridge.domain.clearance`; this says beforehand what it
will decide. tests/rules/test_clearance holds the two together.
"""

from dataclasses import dataclass

DAY_MIN = 24 * 60
WEEK = range(7)


@dataclass(frozen=True)
class Who:
    """A person as a rule sees them; with nothing set, anybody whom no rule names."""

    employee: int | None = None
    department: int | None = None
    tags: frozenset[int] = frozenset()


def week(rules, who):
    """When `who` may pass: for each day from Monday on, [(from, to)] in minutes of local time.

    Args:
        rules: as in wire/config.v1. None at all: always.
    """
    if not rules:
        return [[(0, DAY_MIN)] for _ in WEEK]
    days = [[] for _ in WEEK]
    for rule in rules:
        if _names(rule, who):
            for weekday in rule["weekdays"]:
                for later, start, end in _pieces(rule):
                    days[(weekday + later) % 7].append((start, end))
    return [_joined(pieces) for pieces in days]


def _names(rule, who):
    if not (rule["departments"] or rule["employees"] or rule["tags"]):
        return True
    return (
        who.employee in rule["employees"]
        or who.department in rule["departments"]
        or not who.tags.isdisjoint(rule["tags"])
    )


def _pieces(rule):
    """(days later, from, to): a window that does not end after its start ends the next day."""
    start, end = _minutes(rule["from"]), _minutes(rule["to"])
    if start < end:
        return [(0, start, end)]
    return [(0, start, DAY_MIN), (1, 0, end)]


def _minutes(clock):
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _joined(pieces):
    joined = []
    for start, end in sorted(piece for piece in pieces if piece[0] < piece[1]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
