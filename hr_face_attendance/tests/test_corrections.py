from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..models.hr_face_event_record import Fact
from .common import FaceCase, at


@tagged("post_install", "-at_install")
class TestCorrections(FaceCase, TransactionCase):
    """Events that the server writes: the same log, the same derivation."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        company = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        cls.officer, cls.own, cls.stranger = (
            new_test_user(cls.env, login, groups, **company)
            for login, groups in (
                ("officer", "hr_face_attendance.group_face_officer,hr.group_hr_user"),
                ("mara", "base.group_user"),
                ("other", "base.group_user"),
            )
        )
        cls.mara.write({"user_id": cls.own.id, "attendance_manager_id": cls.officer.id})

    def see(self, *seen, employee=None):
        """Deliver (time, day) and return the events."""
        events = [
            self.fake.event(self.gate, employee or self.mara, at(text, day)) for text, day in seen
        ]
        self.ingest(self.device, *events)
        uuids = [event["uuid"] for event in events]
        return self.env["hr.face.event"].search([("uuid", "in", uuids)], order="captured_at")

    def test_what_was_wrong_counts_no_more_and_can_be_restored(self):
        came, left = self.see(("06:57", 0), ("16:01", 0))
        rows = self.rows(self.mara)
        left.with_user(self.officer).action_face_wrong()
        self.assertEqual(self.rows(self.mara), [("03 06:57", None, False)])
        self.assertEqual(
            (left.state, left.direction, left.reason),
            ("ignored", False, "Ignored: somebody said that this was wrong"),
        )
        left.with_user(self.officer).action_face_restore()
        self.assertEqual(self.rows(self.mara), rows)
        self.assertEqual(left.reason, "OUT: your shift ends at 17:00")
        said = self.env["hr.face.event"].search([("corrects_uuid", "=", left.uuid)], order="id")
        self.assertEqual(said.mapped("correction"), ["void", "restore"])
        self.assertEqual(said.made_by_id, self.officer)
        self.assertFalse(said.device_id or said.attendance_id)
        self.assertEqual(came.state, "derived")

    def test_the_other_direction(self):
        (came,) = self.see(("06:57", 0))
        came.with_user(self.officer).action_face_out()
        self.assertEqual(self.rows(self.mara), [])
        self.assertEqual(came.reason, "For review: leaving without a check-in")
        came.with_user(self.officer).action_face_in()
        self.assertEqual(self.rows(self.mara), [("03 06:57", None, False)])

    def test_a_person_says_so_of_their_own_and_hr_gets_a_task(self):
        (came,) = self.see(("06:57", 0))
        for _twice in range(2):
            came.with_user(self.own).action_face_wrong()
        self.assertEqual(self.rows(self.mara), [])
        (task,) = self.mara.activity_ids
        self.assertEqual(task.user_id, self.officer)
        self.assertIn("Mara Lindqvist", task.note)

    def test_who_may_say_what(self):
        (came,) = self.see(("06:57", 0))
        (idris,) = self.see(("06:58", 0), employee=self.idris)
        for user, event, act in (
            (self.stranger, came, "action_face_wrong"),
            (self.own, idris, "action_face_wrong"),
            (self.own, came | idris, "action_face_wrong"),
            (self.own, came, "action_face_restore"),
            (self.own, came, "action_face_out"),
            (self.officer, idris, "action_face_wrong"),
        ):
            with self.subTest(user.login, event=event.ids, act=act), self.assertRaises(AccessError):
                getattr(event.with_user(user), act)()
        self.assertFalse(self.env["hr.face.event"].search([("correction", "!=", False)]))

    def test_only_what_counts_can_be_corrected(self):
        self.ingest(self.device, self.fake.event(self.gate, None, at("07:00")))
        nobody = self.env["hr.face.event"].search([])
        with self.assertRaises(UserError):
            nobody.action_face_wrong()
        (came,) = self.see(("06:57", 0))
        came.action_face_wrong()
        said = self.env["hr.face.event"].search([("correction", "=", "void")])
        with self.assertRaises(UserError):
            said.action_face_wrong()

    def test_what_a_person_asserts_counts_as_said(self):
        self.see(("06:57", 0), ("06:58", 1))
        self.env["hr.face.event"]._record(
            [Fact("correction", self.mara, at("16:02"), direction="out")]
        )
        self.assertEqual(
            self.rows(self.mara), [("03 06:57", "03 16:02", False), ("04 06:58", None, False)]
        )

    def test_terminal_and_roll_call_are_punches_and_count_once(self):
        facts = [
            Fact("terminal", self.mara, at("06:57"), direction="in", uuid="a" * 8),
            Fact("roll_call", self.mara, at("16:01"), evidence={"session": "Fire drill"}),
        ]
        for _twice in range(2):
            events = self.env["hr.face.event"]._record(facts)
            self.assertEqual(events.mapped("source"), ["terminal", "roll_call"])
            self.assertEqual(self.rows(self.mara), [("03 06:57", "03 16:01", False)])

    def test_the_future_is_for_review(self):
        soon = datetime.now(UTC) + timedelta(hours=1)
        event = self.env["hr.face.event"]._record([Fact("terminal", self.mara, soon)])
        self.assertEqual((event.state, event.time_review), ("review", "clock_in_future"))
        self.assertEqual(self.rows(self.mara), [])

    def test_the_database_holds_what_each_source_must_say(self):
        self.see(("06:57", 0))
        event = self.env["hr.face.event"]._record([Fact("terminal", self.idris, at("06:57"))])
        for change in ("source = 'gate'", "seq = 1", "correction = 'void'"):
            with (
                self.subTest(change),
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(f"UPDATE hr_face_event SET {change} WHERE id = {event.id}")
        self.assertTrue(event.hash and event.commitment)

    def test_redacting_recorded_events(self):
        event = self.env["hr.face.event"]._record([Fact("terminal", self.mara, at("06:57"))])
        event.unlink()
        self.env.cr.execute("SELECT employee_id, salt, hash FROM hr_face_event")
        employee, salt, event_hash = self.env.cr.fetchone()
        self.assertFalse(employee or salt)
        self.assertTrue(event_hash)


@tagged("post_install", "-at_install")
class TestHoursStay(FaceCase, TransactionCase):
    """Redacting, expiring or erasing events and deriving again leaves attendance as it was."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        cls.entrance = cls._gate("Entrance", direction="in")
        cls.device.gate_ids += cls.entrance
        seen = [
            # a stay nobody ended with a second arrival in it, an ordinary day with a break and
            # double punches, a day without an arrival, a punch that was voided
            ("06:57", 0, cls.entrance),
            ("08:00", 0, cls.entrance),
            ("06:55", 1, cls.gate),
            ("06:55:20.000", 1, cls.gate),
            ("11:01", 1, cls.gate),
            ("12:02", 1, cls.gate),
            ("16:03", 1, cls.gate),
            ("16:03:40.000", 1, cls.gate),
            ("15:50", 2, cls.gate),
            ("15:50:30.000", 2, cls.entrance),
            ("06:58", 3, cls.gate),
            ("12:30", 3, cls.gate),
            ("16:04", 3, cls.gate),
        ]
        log = cls.env["hr.face.event"].sudo()
        events = [cls.fake.event(gate, cls.mara, at(text, day)) for text, day, gate in seen]
        log._ingest(cls.device.sudo(), log._read_events(events))
        cls.events = log.search([], order="captured_at, uuid")
        cls.events[11].action_face_wrong()
        cls.said = log.search([("correction", "=", "void")])

    def table(self):
        self.env.invalidate_all()
        return (
            self.env["hr.attendance"]
            .search([("employee_id", "=", self.mara.id)], order="check_in, id")
            .read(
                ["check_in", "check_out", "worked_hours", "overtime_hours", "in_mode", "out_mode"]
            )
        )

    def derive_all(self):
        self.env["hr.attendance"].sudo()._face_derive(
            {self.mara: at("00:00", -9).replace(tzinfo=None)}
        )

    def test_each_single_event(self):
        before = self.table()
        for number, event in enumerate(self.events | self.said):
            with self.subTest(number), self.env.cr.savepoint() as point:
                event.unlink()
                self.derive_all()
                self.assertEqual(self.table(), before)
                point.rollback()
                self.env.invalidate_all()

    def test_every_prefix_expires(self):
        """Company by company, batch by batch, oldest first, whatever the horizon."""
        before = self.table()
        for number in range(1, len(self.events) + 1):
            with self.subTest(number), self.env.cr.savepoint() as point:
                self.events[:number]._redact("No longer kept")
                self.derive_all()
                self.assertEqual(self.table(), before)
                point.rollback()
                self.env.invalidate_all()

    def test_the_person_is_erased(self):
        before = self.table()
        self.env["hr.face.event"].sudo()._redact_people(self.mara)
        self.derive_all()
        self.assertEqual(self.table(), before)
        self.assertFalse(
            self.env["hr.face.presence"].search([("employee_id", "=", self.mara.id)]).seen_at
        )

    def test_retention_redacts_what_is_older_and_nothing_else(self):
        before = self.table()
        age = relativedelta(fields.Datetime.now(), at("00:00").replace(tzinfo=None))
        self.company.face_event_months = age.years * 12 + age.months + 1
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            self.env["hr.face.event"]._cron_redact_old()
        self.assertFalse(any(self.events.mapped("redacted_at")))
        self.company.face_event_months = 1
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            self.env["hr.face.event"]._cron_redact_old()
        self.env.invalidate_all()
        self.assertTrue(all(self.events.mapped("redacted_at")))
        self.derive_all()
        self.assertEqual(self.table(), before)

    def test_what_arrives_from_behind_the_horizon_changes_nothing(self):
        before = self.table()
        self.company.face_event_months = 1
        (result,) = self.ingest(self.device, self.fake.event(self.gate, self.mara, at("12:00", 2)))
        self.assertEqual((result["status"], result["direction"]), ("accepted", None))
        self.assertEqual(self.table(), before)
