from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

from freezegun import freeze_time
from odoo import Command
from odoo.tests import TransactionCase, tagged

from ..models.hr_face_event_record import Fact
from .common import at
from .test_presence import PresenceCase


class SessionCase(PresenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everyone = cls.mara + cls.idris + cls.noor

    def session(self, name="Lecture", start="09:00", end="10:00", day=0, **values):
        return self.env["calendar.event"].create(
            {
                "name": name,
                "start": at(start, day).replace(tzinfo=None),
                "stop": at(end, day).replace(tzinfo=None),
                "face_session": True,
                "face_company_id": self.company.id,
                "face_employee_ids": [Command.set(self.everyone.ids)],
                "face_grace_min": 5,
                **values,
            }
        )

    def said(self, session, user=None):
        """{first name: (state, minutes late)}"""
        told = (self.as_(user, session) if user else session)._face_attended()[session.id]
        names = {one.id: one.name.split()[0] for one in self.everyone}
        return {
            names.get(employee, employee): (one.state, one.late_min)
            for employee, one in told.items()
        }


@tagged("post_install", "-at_install")
class TestSessions(SessionCase, TransactionCase):
    @freeze_time("2025-03-03 12:00:00")
    def test_at_a_room_with_gates_only_who_was_seen_there_was_there(self):
        room = self._gate("Room 4")
        self.device.gate_ids += room
        session = self.session(face_gate_ids=[Command.set(room.ids)])
        self.see(("07:00", 0, self.entrance))
        self.see(("08:56", 0, room), employee=self.idris)
        self.see(("09:17", 0, room), employee=self.noor)
        self.assertEqual(
            self.said(session),
            {"Mara": ("absent", 0), "Idris": ("present", 0), "Noor": ("late", 17)},
        )

    @freeze_time("2025-03-03 12:00:00")
    def test_without_gates_whoever_is_at_work_is_there(self):
        session = self.session()
        self.see(("07:00", 0, self.entrance))
        self.see(("07:00", 0, self.entrance), ("08:59", 0, self.exit), employee=self.idris)
        self.see(("09:30", 0, self.entrance), employee=self.noor)
        self.assertEqual(
            self.said(session),
            {"Mara": ("present", 0), "Idris": ("absent", 0), "Noor": ("late", 30)},
        )

    def test_what_is_no_longer_known_of_a_room_makes_nobody_absent(self):
        """Events are redacted after a time, attendance stays."""
        room = self._gate("Room 4")
        with freeze_time("2025-03-03 12:00:00"):
            session = self.session(face_gate_ids=[Command.set(room.ids)])
            session.face_called_at = "2025-03-03 09:30:00"
            self.see(("07:00", 0, self.entrance))
            self.assertEqual(self.said(session)["Mara"], ("absent", 0))
        self.company.face_event_months = 1
        with freeze_time("2025-05-03 12:00:00"):
            self.assertEqual(self.said(session)["Mara"], ("present", 0))
            self.assertEqual(self.said(session)["Noor"], ("absent", 0))

    def test_nobody_is_absent_before_the_end(self):
        session = self.session()
        with freeze_time("2025-03-03 09:59:00"):
            self.assertEqual(set(self.said(session).values()), {("pending", 0)})
        with freeze_time("2025-03-03 10:00:00"):
            self.assertEqual(set(self.said(session).values()), {("absent", 0)})

    @freeze_time("2025-03-03 12:00:00")
    def test_leave_excuses_and_so_does_declining(self):
        session = self.session(face_employee_ids=False)
        self.idris.work_contact_id = self.env["res.partner"].create({"name": "Idris"})
        self.noor.work_contact_id = self.env["res.partner"].create({"name": "Noor"})
        session.partner_ids = self.idris.work_contact_id + self.noor.work_contact_id
        mine = session.attendee_ids.filtered(lambda one: one.partner_id.name == "Idris")
        mine.state = "declined"
        self.assertEqual(self.said(session), {"Idris": ("leave", 0), "Noor": ("absent", 0)})
        self.env["resource.calendar.leaves"].create(
            {
                "name": "Away",
                "resource_id": self.noor.resource_id.id,
                "calendar_id": self.calendar.id,
                "company_id": self.company.id,
                "date_from": datetime(2025, 3, 3, 9, 30),  # noqa: DTZ001 - as the ORM takes it
                "date_to": datetime(2025, 3, 3, 16, 0),  # noqa: DTZ001
            }
        )
        self.assertEqual(self.said(session)["Noor"], ("leave", 0))

    @freeze_time("2025-03-03 12:00:00")
    def test_a_department_is_expected_with_those_below_it_and_of_this_company_only(self):
        Department = self.env["hr.department"]
        school = Department.create({"name": "School", "company_id": self.company.id})
        year = Department.create({"name": "Year 1", "parent_id": school.id, "company_id": False})
        other = self.env["res.company"].create({"name": "Elsewhere"})
        far = self._employee("Far Away", "X1", other, self.calendar)
        (self.mara + far).department_id = year
        session = self.session(
            face_employee_ids=[Command.set(far.ids)], face_department_ids=[Command.set(school.ids)]
        )
        self.assertEqual(self.said(session), {"Mara": ("absent", 0)})

    @freeze_time("2025-03-10 12:00:00")
    def test_a_department_s_people_are_those_of_the_session_s_day(self):
        names = ("School", "Yard")
        school, yard = (
            self.env["hr.department"].create({"name": name, "company_id": self.company.id})
            for name in names
        )
        (self.mara + self.idris).department_id = school
        self.noor.department_id = yard
        self.env.flush_all()
        self.mara.create_version({"date_version": date(2025, 3, 5), "department_id": yard.id})
        self.noor.create_version({"date_version": date(2025, 3, 5), "department_id": school.id})
        asked = {"face_employee_ids": False, "face_department_ids": [Command.set(school.ids)]}
        for day, expected in (
            (0, {"Mara", "Idris"}),
            (1, {"Mara", "Idris"}),
            (2, {"Idris", "Noor"}),
            (-3650, {"Mara", "Idris"}),
        ):
            with self.subTest(day):
                self.assertEqual(set(self.said(self.session(day=day, **asked))), expected)
        with self.subTest("the company's own midnight: 23:30 UTC is the fifth in Brussels"):
            late = self.session(start="23:30", end="23:50", day=1, **asked)
            self.assertEqual(set(self.said(late)), {"Idris", "Noor"})

    @freeze_time("2025-03-03 12:00:00")
    def test_a_roll_call_holds_against_being_at_work(self):
        session = self.session()
        self.see(("07:00", 0, self.entrance))
        self.see(("07:00", 0, self.entrance), employee=self.idris)
        self._roll_call(self.mara, self.noor)
        session._face_called()
        self.assertEqual(
            self.said(session),
            {"Mara": ("present", 0), "Idris": ("absent", 0), "Noor": ("present", 0)},
        )

    @freeze_time("2025-03-03 12:00:00")
    def test_a_reviewer_s_list_says_nothing_of_people_who_are_not_on_it(self):
        session = self.session()
        self.see(("07:00", 0, self.entrance))
        self.see(("07:00", 0, self.entrance), employee=self.idris)
        call = self._confirmed(session, self.mara, present=False)
        session._face_called()
        said = self.said(session)
        self.assertEqual(said["Mara"], ("absent", 0))
        self.assertEqual(said["Idris"][0], "present", "at work, and on nobody's list")
        self.assertEqual(call.state, "confirmed")

    @freeze_time("2025-03-03 12:00:00")
    def test_a_roll_call_of_one_session_is_not_one_of_the_next(self):
        first = self.session()
        second = self.session("Next", "10:00", "11:00")
        call = self._confirmed(first, self.mara, present=True)
        at_end = first.stop.replace(tzinfo=UTC) - timedelta(minutes=5)
        fact = Fact(
            "roll_call", self.mara, at_end, direction="in", evidence={"roll_call": call.uuid}
        )
        self.env["hr.face.event"]._record([fact])
        for one in (first, second):
            one._face_called()
        self.assertEqual(self.said(first)["Mara"][0], "present")
        found = second._face_attended()[second.id][self.mara.id]
        self.assertFalse(found.by_roll_call)

    def _confirmed(self, session, employee, present):
        call = self.env["hr.face.roll.call"].create(
            {
                "uuid": str(uuid4()),
                "company_id": self.company.id,
                "taken_at": session.start,
                "session_id": session.id,
                "state": "confirmed",
            }
        )
        self.env["hr.face.roll.call.line"].create(
            {"call_id": call.id, "employee_id": employee.id, "present": present, "expected": True}
        )
        return call

    def _roll_call(self, *people):
        facts = [Fact("roll_call", one, at("09:20"), direction="in") for one in people]
        self.env["hr.face.event"]._record(facts)

    @freeze_time("2025-03-03 12:00:00")
    def test_an_officer_is_told_of_own_people_only(self):
        session = self.session()
        self.assertEqual(self.said(session, self.officer), {"Mara": ("absent", 0)})
        self.assertEqual(len(self.said(session, self.auditor)), 3)

    @freeze_time("2025-03-03 12:00:00")
    def test_many_people_and_sessions_take_as_many_queries_as_few(self):
        people = self.crowd(1000)
        few = self.session(face_employee_ids=[Command.set(people[:100].ids)])
        many = few + self.session(face_employee_ids=[Command.set(people.ids)])
        for sessions in (few, many):
            self.queries(self.as_(self.auditor, sessions)._face_attended)
        counts = [self.queries(self.as_(self.auditor, one)._face_attended) for one in (few, many)]
        self.assertEqual(*counts)
        self.assertLess(counts[0], 15)

    def test_sessions_of_a_day_are_those_of_one_s_companies_that_take_attendance(self):
        session = self.session()
        self.session("No attendance", face_session=False)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.session("Elsewhere", face_company_id=elsewhere.id)
        self.session("Tomorrow", day=1)
        bounds = [at("00:00", day).replace(tzinfo=None) for day in (0, 1)]
        self.assertEqual(self.env["calendar.event"]._face_sessions(*bounds), session)

    def test_a_new_session_is_of_one_s_company_with_its_tolerance(self):
        self.company.face_tolerance_min = 7
        made = self.env["calendar.event"].create(
            {"name": "Briefing", "start": "2025-03-03 09:00:00", "stop": "2025-03-03 10:00:00"}
        )
        self.assertEqual((made.face_company_id, made.face_grace_min), (self.company, 7))
        self.assertFalse(made.face_session)
        told = made.copy({"face_session": True, "face_called_at": made.start})
        self.assertFalse(told.copy().face_called_at, "a roll call is of one session only")

    def test_whoever_has_no_part_in_this_makes_and_moves_meetings_as_ever(self):
        employee = self._user("sessions_employee", "base.group_user")
        Meeting = self.as_(employee, self.env["calendar.event"])
        made = Meeting.create(
            {"name": "Lunch", "start": "2025-03-03 11:00:00", "stop": "2025-03-03 12:00:00"}
        )
        made.stop = "2025-03-03 12:30:00"
        self.assertFalse(made.sudo().face_session)
        self.assertNotIn(
            "face_session", Meeting.get_views([(False, "form")])["views"]["form"]["arch"]
        )
