"""What the rules answer, in the language of cases/*.txt."""

from __future__ import annotations

from attendance_rules.day import Day
from attendance_rules.proposal import Proposal

from tests.rules.ledger import Ledger
from tests.rules.times import Clock


def attendance(ledger: Ledger, clock: Clock) -> str:
    """`07:58-12:02 12:58-17:00 Tu 08:01-`."""
    words, day = [], clock.text(clock.moment(clock.monday, "12:00")).split()[0]
    for start, end, missing in ledger.table():
        start_day, start_clock = clock.text(start).split()
        end_day, end_clock = clock.text(end).split() if end and not missing else (start_day, "")
        words += [start_day] if start_day != day else []
        words.append(f"{start_clock}-" + ("?" if missing else end_clock))
        if end_day != start_day:
            words[-1] = f"{start_clock}-{end_day}"
            words.append(end_clock)
        day = end_day
    return " ".join(words)


def said(ledger: Ledger) -> str:
    """`in_shift out_shift_end+too_late`."""
    return " ".join("+".join((code, *flags)) for _uuid, _direction, code, flags in ledger.said())


def asked(proposals: list[Proposal], clock: Clock) -> str:
    """`missing_out Mo 07:58..Tu 07:59 = Mo 17:00 schedule`."""
    return "; ".join(_asked(one, clock) for one in proposals)


def _asked(one: Proposal, clock: Clock) -> str:
    if one.earliest == one.latest:
        hours = "" if one.hours is None else f" {one.hours:+.2f}h"
        return f"{one.kind} {clock.text(one.latest)}{hours}"
    guess = f"{clock.text(one.suggested)} {one.basis}" if one.suggested else "?"
    return f"{one.kind} {clock.text(one.earliest)}..{clock.text(one.latest)} = {guess}"


def day(name: str, one: Day, *, hours: bool) -> str:
    """`Mo present late 20 8h !provisional`."""
    words = [name, one.status]
    words += [f"late {one.late_min}"] if one.late_min else []
    words += [f"early {one.early_min}"] if one.early_min else []
    words += [f"{one.expected_h:g}h"] if hours else []
    return " ".join([*words, *(f"!{flag}" for flag in one.flags)])
