from datetime import UTC, datetime, timedelta
from unittest.mock import Mock, patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..models import hr_face_cockpit
from .common import FaceCase

OFFICER = "hr_face_attendance.group_face_officer"
OPERATOR = "hr_face_attendance.group_face_operator"
AUDITOR = "hr_face_attendance.group_face_auditor"
CHANNEL = hr_face_cockpit.ASKED_ON_BUS


@tagged("post_install", "-at_install")
class TestCockpit(FaceCase, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fake = cls._pair(cls.device)
        cls.officer = cls._user("cockpit_officer", OFFICER)
        cls.mara.attendance_manager_id = cls.officer

    @classmethod
    def _user(cls, login, group):
        options = {"company_id": cls.company.id, "company_ids": cls.company.ids}
        return new_test_user(cls.env, login, group, **options)

    def _cockpit(self, user):
        cockpit = self.env["hr.face.cockpit"].with_user(user)
        return cockpit.with_context(allowed_company_ids=self.company.ids)

    def _see(self, *people, **changes):
        now = datetime.now(UTC)
        self.gate.recording = True
        events = [self.fake.event(self.gate, one, now, **changes) for one in people]
        return self._ingest(*events)

    def _ingest(self, *events):
        known = self.env["hr.face.event"].search([])
        self.ingest(self.device, *events)
        return self.env["hr.face.event"].search([]) - known

    def _bus(self):
        """Everything that is said on the bus."""
        return patch.object(type(self.env["bus.bus"]), "_sendone")

    def test_an_officer_sees_own_people_and_strangers_only(self):
        events = self._see(self.mara, self.idris, None)
        view = self._cockpit(self.officer).paint()
        self.assertEqual({row["name"] for row in view["events"]}, {"Mara Lindqvist", False})
        told = self._cockpit(self.officer).news(events.ids)
        self.assertEqual({row["name"] for row in told["events"]}, {"Mara Lindqvist", False})
        self.assertEqual(told["inside"]["count"], 1)
        self.assertEqual(sum(told["today"].values()), 2)

    def test_everybody_is_seen_by_who_manages_all_and_by_the_auditor(self):
        self._see(self.mara, self.idris)
        for login, group in (
            ("cockpit_manager", "hr_face_attendance.group_face_manager"),
            ("cockpit_auditor", AUDITOR),
        ):
            view = self._cockpit(self._user(login, group)).paint()
            names = {row["name"] for row in view["events"]}
            self.assertEqual(names, {"Mara Lindqvist", "Idris Vale"})
            self.assertEqual(view["inside"]["count"], 2)
            self.assertEqual(view["curve"]["today"][-1], 2)

    def test_an_operator_sees_gates_and_nobody(self):
        self._see(self.mara)
        view = self._cockpit(self._user("cockpit_operator", OPERATOR)).paint()
        self.assertEqual([gate["id"] for gate in view["gates"]], [self.gate.id])
        self.assertEqual(view["gates"][0]["devices"][0]["name"], self.device.name)
        self.assertEqual([view[name] for name in ("events", "today", "inside")], [[], {}, {}])

    def test_others_may_neither_look_nor_listen(self):
        employee = self._user("cockpit_employee", "base.group_user")
        for method, arguments in (("paint", []), ("news", [[]]), ("gates", [])):
            with self.assertRaises(AccessError):
                getattr(self._cockpit(employee), method)(*arguments)
        self.assertEqual(self._heard(employee), [])

    def test_who_may_look_hears_of_the_companies_they_work_in_and_of_no_other(self):
        for login, group in (("hears_1", OPERATOR), ("hears_2", OFFICER), ("hears_3", AUDITOR)):
            self.assertEqual(self._heard(self._user(login, group)), [(self.company, CHANNEL)])

    def _heard(self, user):
        """The channels of the cockpit that a socket of this user is given when it asks."""
        session = Mock(session=Mock(uid=user.id))
        with patch("odoo.addons.bus.models.ir_websocket.request", session):
            channels = self.env["ir.websocket"].with_user(user)._build_bus_channel_list([CHANNEL])
        return [one for one in channels if CHANNEL in (one if isinstance(one, tuple) else (one,))]

    def test_the_bus_carries_numbers_and_no_names(self):
        with self._bus() as sent:
            events = self._see(self.mara, None)
        told = [
            call.args for call in sent.call_args_list if call.args[1] == "hr_face_cockpit/events"
        ]
        [(target, _type, payload)] = told
        self.assertEqual(target, (self.company, CHANNEL))
        self.assertEqual(set(payload["events"]), set(events.ids))
        self.assertEqual(list(payload), ["events"])

    def test_a_known_event_tells_nothing_again(self):
        event = self.fake.event(self.gate, self.mara, datetime.now(UTC), time_source="clock")
        self._ingest(event)
        with self._bus() as sent:
            self._ingest(event)
        types = [call.args[1] for call in sent.call_args_list]
        self.assertNotIn("hr_face_cockpit/events", types)

    def test_a_question_that_is_no_number_is_not_asked(self):
        self.assertEqual(self._cockpit(self.officer).news(["1", None, {}, True])["events"], [])

    def test_who_is_in_is_counted_by_department_and_site(self):
        works = self.env["hr.department"].create({"name": "Works", "company_id": self.company.id})
        self.mara.department_id = works
        self._see(self.mara, self.idris)
        inside = self._cockpit(self._user("cockpit_all", AUDITOR)).paint()["inside"]
        by_department = {row["name"]: row["count"] for row in inside["departments"]}
        self.assertEqual(by_department, {"Works": 1, False: 1})
        self.assertEqual(sum(row["count"] for row in inside["sites"]), 2)

    def test_the_first_paint_asks_as_often_for_many_people_as_for_few(self):
        auditor = self._user("cockpit_counts", AUDITOR)
        self._see(self.mara)
        self._queries(auditor)  # what is cached from then on
        few = self._queries(auditor)
        crowd = [self._employee(f"Person {number}", f"C{number:03}") for number in range(30)]
        self._see(*crowd)
        self.assertEqual(len(self._cockpit(auditor).paint()["events"]), 31)
        self.assertEqual(self._queries(auditor), few)

    def _queries(self, user):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self._cockpit(user).paint()
        return self.env.cr.sql_log_count - before

    def test_a_silent_gate_is_looked_at_when_it_would_be_told_late(self):
        now = fields.Datetime.now()
        for silence, expected in ((10, True), (200, True), (700, False)):
            self.device.last_heartbeat_at = now - timedelta(seconds=silence)
            [gate] = self._cockpit(self.officer).gates()["gates"]
            with self.subTest(silence=silence):
                self.assertEqual(bool(gate["recheck_s"]), expected)
