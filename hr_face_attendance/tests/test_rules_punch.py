import random
from datetime import timedelta
from itertools import pairwise

from odoo.tests import BaseCase, tagged

from ..rules import punch as p
from ..rules.plan import Before, Row, make_plan
from ..rules.schedule import Schedule
from .common import at


def day(*days, pieces=(("07:00", "11:00"), ("12:00", "16:00"))):
    return [(at(start, d), at(end, d)) for d in days for start, end in pieces]


DAY = Schedule(day(0, 1, 2))
NIGHT = Schedule(
    [(at("21:00", d), at("22:59:59.999999", d)) for d in (0, 1)]
    + [(at("23:00", d), at("05:00", d + 1)) for d in (0, 1)]
)
EARLY_LATE = Schedule([(at("14:00", 0), at("22:00", 0)), (at("06:00", 1), at("14:00", 1))])
NONE = Schedule()
AUTO, IN, OUT = "auto", "in", "out"

# name, schedule, [(time, day, gate)], [(direction, code)], rows [(in, out or "missing" or None)]
CASES = [
    (
        "a day without a break",
        DAY,
        [("06:57", 0, AUTO), ("16:03", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END)],
        [("06:57", "16:03")],
    ),
    (
        "exactly on time is on time",
        DAY,
        [("07:00", 0, AUTO)],
        [(IN, p.IN_SHIFT)],
        [("07:00", None)],
    ),
    ("late is said", DAY, [("07:20", 0, AUTO)], [(IN, p.IN_LATE)], [("07:20", None)]),
    (
        "lunch outside",
        DAY,
        [("06:58", 0, AUTO), ("11:02", 0, AUTO), ("11:58", 0, AUTO), ("16:00", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_BREAK), (IN, p.IN_BACK), (OUT, p.OUT_SHIFT_END)],
        [("06:58", "11:02"), ("11:58", "16:00")],
    ),
    (
        "leaving during the shift",
        DAY,
        [("06:58", 0, AUTO), ("09:00", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_DURING)],
        [("06:58", "09:00")],
    ),
    (
        "two hours after the end is still this shift",
        DAY,
        [("06:58", 0, AUTO), ("18:00", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END)],
        [("06:58", "18:00")],
    ),
    (
        "a weekend visit",
        NONE,
        [("10:00", 0, AUTO), ("11:00", 0, AUTO)],
        [(IN, p.IN_UNSCHEDULED), (OUT, p.OUT_UNSCHEDULED)],
        [("10:00", "11:00")],
    ),
    (
        "twice within a minute",
        DAY,
        [("06:57", 0, AUTO), ("06:57:59.999", 0, AUTO), ("16:00", 0, AUTO)],
        [(IN, p.IN_SHIFT), (None, p.REFRACTORY), (OUT, p.OUT_SHIFT_END)],
        [("06:57", "16:00")],
    ),
    (
        "after a minute it counts",
        DAY,
        [("06:57", 0, AUTO), ("06:58", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_UNSCHEDULED)],
        [("06:57", "06:58")],
    ),
    (
        "ignored punches do not prolong the minute",
        DAY,
        [("06:57", 0, AUTO), ("06:57:50.000", 0, AUTO), ("06:58:10.000", 0, AUTO)],
        [(IN, p.IN_SHIFT), (None, p.REFRACTORY), (OUT, p.OUT_UNSCHEDULED)],
        [("06:57", "06:58")],
    ),
    (
        "night shift over midnight",
        NIGHT,
        [("20:55", 0, AUTO), ("05:05", 1, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END)],
        [("20:55", "05:05")],
    ),
    (
        "night shift, out and back around midnight",
        NIGHT,
        [("20:55", 0, AUTO), ("22:58", 0, AUTO), ("23:20", 0, AUTO), ("05:00", 1, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_DURING), (IN, p.IN_BACK), (OUT, p.OUT_SHIFT_END)],
        [("20:55", "22:58"), ("23:20", "05:00")],
    ),
    (
        "forgotten check-out, next morning",
        DAY,
        [("06:57", 0, AUTO), ("06:58", 1, AUTO)],
        [(IN, p.IN_SHIFT), (IN, p.IN_SHIFT)],
        [("06:57", "missing"), ("06:58", None)],
    ),
    (
        "forgotten check-out, next night",
        NIGHT,
        [("20:55", 0, AUTO), ("20:56", 1, AUTO)],
        [(IN, p.IN_SHIFT), (IN, p.IN_SHIFT)],
        [("20:55", "missing"), ("20:56", None)],
    ),
    (
        "forgotten check-out, the next shift eight hours later",
        EARLY_LATE,
        [("13:55", 0, AUTO), ("05:50", 1, AUTO)],
        [(IN, p.IN_SHIFT), (IN, p.IN_SHIFT)],
        [("13:55", "missing"), ("05:50", None)],
    ),
    (
        "staying long, but not too long",
        NONE,
        [("06:00", 0, AUTO), ("22:00", 0, AUTO)],
        [(IN, p.IN_UNSCHEDULED), (OUT, p.OUT_UNSCHEDULED)],
        [("06:00", "22:00")],
    ),
    (
        "nobody stays longer than the limit",
        NONE,
        [("06:00", 0, AUTO), ("22:00:00.001", 0, AUTO)],
        [(IN, p.IN_UNSCHEDULED), (IN, p.IN_UNSCHEDULED)],
        [("06:00", "missing"), ("22:00", None)],
    ),
    (
        "forgotten check-in at an automatic gate",
        DAY,
        [("16:01", 0, AUTO)],
        [(None, p.NO_CHECK_IN)],
        [],
    ),
    (
        "forgotten check-in at the end of a night",
        NIGHT,
        [("05:02", 1, AUTO)],
        [(None, p.NO_CHECK_IN)],
        [],
    ),
    (
        "back after the end is not a forgotten check-in",
        DAY,
        [("06:57", 0, AUTO), ("15:00", 0, AUTO), ("16:10", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_DURING), (IN, p.IN_UNSCHEDULED)],
        [("06:57", "15:00"), ("16:10", None)],
    ),
    ("entrance while out", DAY, [("06:57", 0, IN)], [(IN, p.IN_SHIFT)], [("06:57", None)]),
    (
        "entrance while in",
        DAY,
        [("06:57", 0, IN), ("09:00", 0, IN)],
        [(IN, p.IN_SHIFT), (None, p.ALREADY_IN)],
        [("06:57", None)],
    ),
    (
        "entrance on the next day",
        DAY,
        [("06:57", 0, IN), ("06:58", 1, IN)],
        [(IN, p.IN_SHIFT), (IN, p.IN_SHIFT)],
        [("06:57", "missing"), ("06:58", None)],
    ),
    (
        "entrance near the end of the shift is an entrance",
        DAY,
        [("15:45", 0, IN)],
        [(IN, p.IN_LATE)],
        [("15:45", None)],
    ),
    (
        "exit while in",
        DAY,
        [("06:57", 0, IN), ("16:01", 0, OUT)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END)],
        [("06:57", "16:01")],
    ),
    ("exit while out", DAY, [("16:01", 0, OUT)], [(None, p.NO_CHECK_IN)], []),
    (
        "exit after too long a stay",
        DAY,
        [("06:57", 0, IN), ("16:01", 1, OUT)],
        [(IN, p.IN_SHIFT), (None, p.NO_CHECK_IN)],
        [("06:57", "missing")],
    ),
    (
        "exit in the next shift after a double shift",
        EARLY_LATE,
        [("13:55", 0, IN), ("05:30", 1, OUT)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_UNSCHEDULED)],
        [("13:55", "05:30")],
    ),
    (
        "exit twice",
        DAY,
        [("06:57", 0, IN), ("16:00", 0, OUT), ("16:02", 0, OUT)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END), (None, p.NO_CHECK_IN)],
        [("06:57", "16:00")],
    ),
    (
        "in at the entrance, out at the side door",
        DAY,
        [("06:57", 0, IN), ("16:00", 0, AUTO)],
        [(IN, p.IN_SHIFT), (OUT, p.OUT_SHIFT_END)],
        [("06:57", "16:00")],
    ),
]


def punches(seen):
    return [
        p.Punch(f"u{number:02d}", at(text, d), gate) for number, (text, d, gate) in enumerate(seen)
    ]


def plan_rows(plan):
    """What a plan from nothing creates, as [(in, out)] of "HH:MM"."""
    return [
        (
            f"{new.check_in:%H:%M}",
            "missing" if new.missing_out else new.check_out and f"{new.check_out:%H:%M}",
        )
        for new in sorted(plan.creates.values(), key=lambda new: new.check_in)
    ]


@tagged("face_rules")
class TestPunch(BaseCase):
    def test_direction_table(self):
        for name, schedule, seen, verdicts, rows in CASES:
            with self.subTest(name):
                _state, got = p.derive(p.State(), punches(seen), schedule)
                self.assertEqual([(v.direction, v.code) for v in got], verdicts)
                plan = make_plan(None, punches(seen), [], schedule, p.Settings())
                self.assertEqual(plan_rows(plan), rows)

    def test_order_of_arrival_does_not_matter(self):
        shuffle = random.Random(19)
        for name, schedule, seen, _verdicts, _rows in CASES:
            expected = p.derive(p.State(), punches(seen), schedule)
            for _ in range(10):
                mixed = punches(seen)
                shuffle.shuffle(mixed)
                with self.subTest(name):
                    self.assertEqual(p.derive(p.State(), mixed, schedule), expected)

    def test_two_punches_at_one_instant_have_one_order(self):
        pair = [p.Punch("b", at("07:00"), IN), p.Punch("a", at("07:00"), OUT)]
        _, verdicts = p.derive(p.State(), pair, DAY)
        self.assertEqual([v.uuid for v in verdicts], ["a", "b"])

    def test_every_code_is_named(self):
        seen = {code for _, _, _, verdicts, _ in CASES for _, code in verdicts}
        self.assertEqual(seen | {p.INSIDE_FIXED}, set(p.CODES))

    def test_a_person_s_closed_row_is_left_alone(self):
        fixed = Row(9, at("08:00"), at("10:00"), fixed=True)
        seen = punches([("06:57", 0, AUTO), ("09:00", 0, AUTO), ("15:00", 0, AUTO)])
        plan = make_plan(None, seen, [fixed], DAY, p.Settings())
        self.assertEqual(plan_rows(plan), [("06:57", "missing"), ("15:00", None)])
        self.assertFalse(plan.updates or plan.deletes)
        self.assertEqual(plan.verdicts[-2].code, p.INSIDE_FIXED)

    def test_a_face_leaving_completes_a_person_s_open_row(self):
        opened = Row(9, at("07:00"), None)
        plan = make_plan(None, punches([("16:00", 0, AUTO)]), [opened], DAY, p.Settings())
        self.assertEqual(plan.updates[9].check_out, at("16:00"))
        self.assertEqual(plan.row_of, {"u00": 9})
        # and again, from the completed row: nothing to do
        done = Row(9, at("07:00"), at("16:00"), out_uuid="u00")
        self.assertFalse(
            make_plan(None, punches([("16:00", 0, AUTO)]), [done], DAY, p.Settings()).updates
        )

    def test_the_second_after_a_kiosk_check_out_is_silent(self):
        row = Row(9, at("07:00"), at("16:00"))
        plan = make_plan(None, punches([("16:00:20.500", 0, AUTO)]), [row], DAY, p.Settings())
        self.assertEqual([v.code for v in plan.verdicts], [p.REFRACTORY])

    def test_a_late_event_changes_only_what_follows(self):
        """Derived from the punch before it, the table is that of deriving everything."""
        seen = punches(
            [
                (f"{h:02d}:{m:02d}", d, AUTO)
                for d in (0, 1)
                for h, m in ((6, 57), (9, 0), (9, 20), (11, 1), (11, 55), (16, 2))
            ]
        )
        shuffle = random.Random(7)
        for _ in range(60):
            late = shuffle.choice(seen)
            before_arrival = [one for one in seen if one is not late]
            stored = _apply(
                [], make_plan(None, before_arrival, [], DAY, p.Settings()), before_arrival
            )
            whole = _apply([], make_plan(None, seen, [], DAY, p.Settings()), seen)
            _, verdicts = p.derive(p.State(), before_arrival, DAY)
            accepted = [v for v in verdicts if v.uuid and v.accepted and v.at < late.at]
            last = accepted[-1] if accepted else None
            since = [one for one in seen if one.at >= late.at]
            plan = make_plan(
                last and Before(last.uuid, last.at, last.direction),
                since,
                stored,
                DAY,
                p.Settings(),
            )
            self.assertEqual(_times(_apply(stored, plan, since)), _times(whole))

    def test_rows_never_overlap_and_never_run_backwards(self):
        chance = random.Random(3)
        for _ in range(300):
            seen = [
                p.Punch(
                    f"{number:03d}",
                    at("00:00") + timedelta(minutes=chance.randrange(3 * 1440)),
                    chance.choice((AUTO, IN, OUT)),
                )
                for number in range(chance.randrange(1, 14))
            ]
            start = at("00:00") + timedelta(minutes=chance.randrange(3 * 1440))
            fixed = [Row(1, start, start + timedelta(minutes=chance.randrange(1, 300)), fixed=True)]
            schedule = chance.choice((DAY, NIGHT, EARLY_LATE, NONE))
            plan = make_plan(None, seen, fixed, schedule, p.Settings())
            self.assertFalse(plan.updates or plan.deletes)
            spans = sorted(
                [(new.check_in, new.check_out) for new in plan.creates.values()]
                + [(fixed[0].check_in, fixed[0].check_out)]
            )
            self.assertLessEqual(sum(end is None for _, end in spans), 1)
            for (start, end), (following, _) in pairwise(spans):
                self.assertLessEqual(start, end or start)
                self.assertLessEqual(end or start, following)

    def test_spare_rows_are_reused(self):
        """A late punch between IN and OUT turns every pair around: one write, no deletion."""
        rows = [Row(1, at("06:57"), at("11:00"), in_uuid="a", out_uuid="c")]
        seen = [p.Punch("a", at("06:57")), p.Punch("b", at("09:00")), p.Punch("c", at("11:00"))]
        plan = make_plan(None, seen, rows, DAY, p.Settings())
        self.assertEqual((list(plan.updates), list(plan.creates), plan.deletes), ([1], ["c"], []))


def _apply(rows, plan, seen):
    """The rows after a plan, as the database would hold them."""
    in_uuid = {row_id: uuid for uuid, row_id in plan.row_of.items()}
    kept = {row.id: row for row in rows if row.id not in plan.deletes}
    opened = {v.uuid: v for v in plan.verdicts if v.direction == IN}
    owner = {plan.row_of[uuid]: uuid for uuid in plan.row_of if uuid in opened}
    for key, new in {**plan.updates, **plan.creates}.items():
        uuid = owner.get(key) or getattr(kept.get(key), "in_uuid", None) or in_uuid.get(key)
        kept[key] = Row(
            key, new.check_in, new.check_out, False, new.missing_out, uuid, new.out_uuid
        )
    return list(kept.values())


def _times(rows):
    return sorted((row.check_in, row.check_out or at("00:00", 99), row.missing_out) for row in rows)
