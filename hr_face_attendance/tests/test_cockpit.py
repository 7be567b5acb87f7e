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

    def test_what_waited_for_a_device_to_catch_up_is_told_when_it_is_derived(self):
        self.ingest(self.device, self.fake.event(self.gate, self.mara, datetime.now(UTC)))
        with self._bus() as sent:
            self.env["hr.face.backlog"].sudo()._derive(self.mara.ids)
        sent.assert_called_once_with(
            (self.company, CHANNEL), "hr_face_cockpit/events", {"events": []}
        )

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


@tagged("post_install", "-at_install")
class TestClearancePreview(FaceCase, TransactionCase):
    def _preview(self):
        return {row["name"]: row["week"] for row in self.gate.clearance_preview["rows"]}

    def _rule(self, name, **values):
        return self.env["hr.face.clearance.rule"].create(
            {"name": name, "company_id": self.company.id, "gate_ids": self.gate.ids, **values}
        )

    def test_without_a_rule_everyone_enrolled_may_enter_always(self):
        self.assertEqual(self._preview(), {"Everyone enrolled": [[[0, 1440]]] * 7})

    def test_a_person_has_what_their_department_has_besides_their_own(self):
        works = self.env["hr.department"].create({"name": "Works", "company_id": self.company.id})
        self.mara.department_id = works
        self._rule("Works", department_ids=works.ids, hour_from=8, hour_to=17, sunday=False)
        self._rule("Mara", employee_ids=self.mara.ids, hour_from=17, hour_to=20)
        week = self._preview()
        self.assertEqual(week["Works"][0], [[480, 1020]])
        self.assertEqual(week["Works"][6], [])
        self.assertEqual(week["Mara Lindqvist"][0], [[480, 1200]])
        self.assertEqual(week["Everyone else"], [[]] * 7)

    def test_an_archived_rule_shuts_and_an_operator_may_look(self):
        rule = self._rule("Everyone by day", hour_from=8, hour_to=17)
        rule.active = False
        operator = new_test_user(
            self.env,
            "preview_operator",
            OPERATOR,
            company_ids=self.company.ids,
            company_id=self.company.id,
        )
        gate = self.gate.with_user(operator).with_context(allowed_company_ids=self.company.ids)
        [row] = gate.clearance_preview["rows"]
        self.assertEqual(row["week"], [[]] * 7)


@tagged("post_install", "-at_install")
class TestIdentify(FaceCase, TransactionCase):
    def test_an_operator_makes_a_gate_blink_once_and_an_employee_does_not(self):
        self._pair(self.device)
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        for login, group, may in (
            ("blink_operator", OPERATOR, True),
            ("blink_auditor", AUDITOR, False),
            ("blink_employee", "base.group_user", False),
        ):
            user = new_test_user(self.env, login, group, **options)
            gate = self.gate.with_user(user).with_context(allowed_company_ids=self.company.ids)
            with self.subTest(login):
                if may:
                    gate.action_identify()
                    self.assertEqual(self.device._take_identify(), self.gate.ids)
                else:
                    with self.assertRaises(AccessError):
                        gate.action_identify()
                self.assertEqual(self.device._take_identify(), [])


@tagged("post_install", "-at_install")
class TestConfigurationLog(FaceCase, TransactionCase):
    """Who changed what from what to what."""

    def _changes(self, record):
        self.flush_tracking()
        found = record.message_ids.sudo().tracking_value_ids
        return {
            (one.field_id.name, one.old_value_char or "", one.new_value_char or "") for one in found
        }

    def flush_tracking(self):
        self.env.flush_all()
        self.cr.flush()

    def test_a_gate_says_which_rules_and_devices_it_had(self):
        rule = self.env["hr.face.clearance.rule"].create(
            {"name": "By day", "company_id": self.company.id}
        )
        self.flush_tracking()
        self.gate.clearance_rule_ids = rule
        self.gate.device_ids = False
        changes = self._changes(self.gate)
        self.assertIn(("clearance_rule_ids", "", "By day"), changes)
        self.assertIn(("device_ids", "Test bridge", ""), changes)

    def test_a_rule_says_whom_it_named(self):
        rule = self.env["hr.face.clearance.rule"].create(
            {"name": "By day", "company_id": self.company.id}
        )
        self.flush_tracking()
        rule.employee_ids = self.mara
        self.assertIn(("employee_ids", "", "Mara Lindqvist"), self._changes(rule))
