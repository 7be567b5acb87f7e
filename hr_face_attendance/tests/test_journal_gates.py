"""The pages of gates and devices: who is told what, and what they say."""

from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from .common import at
from .test_presence import PresenceCase

NOW = "2025-03-03 20:00:00"


class GateCase(PresenceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._user("gates_operator", "hr_face_attendance.group_face_operator")
        cls.employee = cls._user("gates_employee", "base.group_user")
        cls.manager = cls._user("gates_manager", "hr_face_attendance.group_face_manager")

    def page(self, user, gate=None):
        self.env.invalidate_all()  # as a request of its own finds it
        return self.as_(user, self.env["hr.face.journal"]).gate((gate or self.entrance).id)

    def device_page(self, user):
        self.env.invalidate_all()
        return self.as_(user, self.env["hr.face.journal"]).device(self.device.id)

    def pass_by(self, text, day=0, employee=None, **changes):
        event = self.fake.event(self.entrance, employee, at(text, day), **changes)
        self.ingest(self.device, event)


@tagged("post_install", "-at_install")
class TestGatePage(GateCase, TransactionCase):
    def _monday(self):
        self.pass_by("07:20", employee=self.mara)
        self.pass_by("07:50", employee=self.idris)
        self.pass_by("09:10")
        self.pass_by("09:30", outcome="low_quality")
        self.pass_by("23:30", day=-1, employee=self.mara)  # half past midnight in Brussels

    @freeze_time(NOW)
    def test_today_is_told_by_outcome_and_by_the_gate_s_own_hours(self):
        self._monday()
        told = self.page(self.auditor)
        self.assertEqual(told["today"], {"identified": 3, "no_candidate": 1, "low_quality": 1})
        hours = {hour: count for hour, count in enumerate(told["hours"]["today"]) if count}
        self.assertEqual(hours, {0: 1, 8: 2})
        self.assertEqual((told["hours"]["now"], told["hours"]["usual"]), (21, None))
        self.assertEqual(told["since"], "2025-03-02 23:00:00")
        self.assertEqual(
            [row["name"] or row["outcome"] for row in told["recent"]],
            ["low_quality", "no_candidate", "Idris Vale", "Mara Lindqvist", "Mara Lindqvist"],
        )
        self.assertEqual(told["recent"][2]["direction"], "in")

    @freeze_time(NOW)
    def test_a_usual_day_and_the_busiest_hours_are_of_the_past(self):
        for week in (1, 2, 3):
            self.pass_by("07:20", day=-7 * week, employee=self.mara)
            self.pass_by("16:20", day=-7 * week, employee=self.idris)
            self.pass_by("16:30", day=-7 * week, employee=self.noor)
        hours = self.page(self.auditor)["hours"]
        self.assertEqual((hours["usual"][8], hours["usual"][17]), (1, 2))
        self.assertEqual(hours["busiest"], [{"hour": 17, "count": 2}, {"hour": 8, "count": 1}])
        self.assertEqual(sum(hours["today"]), 0)

    @freeze_time(NOW)
    def test_an_officer_is_told_of_own_people_and_strangers_only(self):
        self._monday()
        told = self.page(self.officer)
        self.assertEqual(told["today"], {"identified": 2, "no_candidate": 1, "low_quality": 1})
        self.assertEqual({row["name"] for row in told["recent"]}, {"Mara Lindqvist", False})
        self.assertEqual(sum(told["hours"]["today"]), 2)

    @freeze_time(NOW)
    def test_an_operator_sees_the_gate_and_nobody_who_passes(self):
        self._monday()
        told = self.page(self.operator)
        self.assertFalse({"today", "hours", "recent"} & set(told))
        self.assertEqual([row["name"] for row in told["devices"]], [self.device.name])
        self.assertTrue(told["settings"])

    def test_who_may_press_what(self):
        for user, configure, identify in (
            (self.operator, False, True),
            (self.officer, False, True),
            (self.manager, True, True),
            (self.auditor, False, False),
        ):
            with self.subTest(user.login):
                told = self.page(user)
                self.assertEqual(
                    (told["may_configure"], told["may_identify"]), (configure, identify)
                )

    def test_employees_and_other_companies_may_not_look(self):
        for ask in (self.page, self.device_page):
            with self.assertRaises(AccessError):
                ask(self.employee)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._user("gates_far", "hr_face_attendance.group_face_manager", other)
        for ask in (self.page, self.device_page):
            with self.assertRaises(UserError):
                ask(stranger)

    def test_a_page_of_nothing_says_so(self):
        journal = self.as_(self.operator, self.env["hr.face.journal"])
        for ask in (journal.gate, journal.device):
            for number in (None, False, 0, 999_999_999):
                with self.subTest(number), self.assertRaises(UserError):
                    ask(number)

    def test_an_archived_gate_has_its_page(self):
        self.entrance.active = False
        self.assertFalse(self.page(self.operator)["active"])

    def test_settings_say_what_holds_and_where_it_comes_from(self):
        site = self.env["hr.work.location"].create(
            {
                "name": "Harbour",
                "company_id": self.company.id,
                "address_id": self.company.partner_id.id,
            }
        )
        self.entrance.write({"work_location_id": site.id, "voice": False})
        self.env["hr.face.gate.policy"].create(
            {"company_id": self.company.id, "work_location_id": site.id, "threshold": 0.97}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        rows = {row["name"]: row for row in self.page(self.operator)["settings"]}
        for name, value, level, source in (
            ("direction", "Entrance", "here", False),
            ("who_passes", "Everyone enrolled", "here", False),
            ("threshold", 0.97, "site", "Harbour"),
            ("vote", "3 of 10 frames within 3 s", "standard", False),
            ("pad", "Off", "standard", False),
            ("voice", "No", "here", False),
        ):
            with self.subTest(name):
                row = rows[name]
                self.assertEqual(
                    (row["value"], row["level"], row["source"]), (value, level, source)
                )
                self.assertTrue(row["label"])
        silent = {"voice_language", "voice_greeting", "kiosk_delay_s", "vote_k", "vote_n"}
        self.assertFalse(silent & set(rows), "what means nothing here is not said")

    @freeze_time(NOW)
    def test_both_pages_ask_as_often_for_a_thousand_people_as_for_a_hundred(self):
        pages = {
            "gate": lambda: self.page(self.auditor),
            "device": lambda: self.device_page(self.auditor),
            "officer": lambda: self.page(self.officer),
        }
        self.pass_by("07:20", employee=self.mara)
        counts = []
        for more in (100, 900):
            people = self.crowd(more)
            self._sightings(people)
            for ask in pages.values():
                ask()  # what is cached from then on
            counts.append({name: self.queries(ask) for name, ask in pages.items()})
        self.assertEqual(*counts)
        self.assertEqual(self.page(self.auditor)["today"], {"identified": 1001})

    def _sightings(self, people):
        """Each of them at the entrance this morning; in SQL, for ingesting takes minutes."""
        [like] = self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)])
        self.env.cr.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_name = 'hr_face_event'"
            " AND column_name NOT IN ('id', 'uuid', 'employee_id', 'seq')"
        )
        [(rest,)] = self.env.cr.fetchall()
        self.env.cr.execute(
            f"INSERT INTO hr_face_event (uuid, employee_id, seq, {rest})"
            f" SELECT gen_random_uuid()::text, who, 1000000 + who, {rest}"
            " FROM hr_face_event, unnest(%s) AS who WHERE id = %s",
            [people.ids, like.id],
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestDevicePage(GateCase, TransactionCase):
    def test_health_follows_the_last_contact_and_the_pairing(self):
        now = fields.Datetime.now()
        for silence, health in ((5, "online"), (200, "late"), (700, "offline"), (None, "offline")):
            beat = silence is not None and now - timedelta(seconds=silence)
            self.device.sudo().last_heartbeat_at = beat
            with self.subTest(silence):
                self.assertEqual(self.device_page(self.operator)["health"], health)
        self.device.action_revoke()
        told = self.device_page(self.operator)
        self.assertEqual((told["health"], told["state"]), ("none", "revoked"))
        self.assertTrue(told["revoked_at"])

    def test_its_gates_and_its_model_are_told(self):
        self.device.sudo().model = "another@1"
        told = self.device_page(self.operator)
        self.assertEqual(
            {row["id"] for row in told["gates"]}, set((self.gate + self.entrance + self.exit).ids)
        )
        self.assertEqual(told["other_model"], self.company.face_model)
        self.device.sudo().model = self.company.face_model
        self.assertFalse(self.device_page(self.operator)["other_model"])

    def test_the_verdict_on_its_chain(self):
        self.assertFalse(self.device_page(self.operator)["audit"]["at"])
        self.pass_by("07:20", employee=self.mara)
        self.device.action_verify_chain()
        told = self.device_page(self.operator)["audit"]
        self.assertTrue(told["at"])
        self.assertEqual((told["count"], told["faults"]), (0, []))
        self.env.cr.execute("UPDATE hr_face_event SET outcome = 'no_clearance'")
        self.env.invalidate_all()
        self.device.action_verify_chain()
        told = self.device_page(self.operator)["audit"]
        self.assertEqual((told["count"], len(told["faults"])), (1, 1))

    def test_erasures_are_numbers_for_operators_and_people_for_officers(self):
        for employee in (self.mara, self.idris):
            self._enrolled(employee)
        erasures = self.env["hr.face.erasure"]
        self.env["hr.face.template"].search([]).unlink()
        pending = erasures.search([("device_id", "=", self.device.id)])
        self.assertEqual(len(pending), 2)
        self.assertEqual(self.device_page(self.operator)["erasures"]["waiting"], 2)
        self.device._api_erasures(pending.mapped("uuid"))
        told = self.device_page(self.operator)["erasures"]
        self.assertEqual((told["waiting"], told["reads"], told["done"]), (0, False, []))
        for user, names in (
            (self.officer, {"Mara Lindqvist"}),
            (self.auditor, {"Mara Lindqvist", "Idris Vale"}),
        ):
            with self.subTest(user.login):
                done = self.device_page(user)["erasures"]["done"]
                self.assertEqual({row["name"] for row in done}, names)
                self.assertTrue(all(row["at"] and row["templates"] == 1 for row in done))

    def test_the_newest_commissioning_sheet_of_each_gate(self):
        for day, verdict in ((0, "fail"), (1, "ok")):
            self.env["hr.face.commissioning"].sudo().create(
                {
                    "gate_id": self.gate.id,
                    "device_id": self.device.id,
                    "uuid": f"sheet-{day}",
                    "made_at": at("08:00", day).replace(tzinfo=None),
                    "verdict": verdict,
                    "digest": "0" * 64,
                    "signature": "x",
                    "line_ids": [
                        fields.Command.create(
                            {"check_name": "light", "level": verdict, "text": "Dim"}
                        )
                    ],
                }
            )
        [sheet] = self.device_page(self.operator)["sheets"]
        self.assertEqual((sheet["verdict"], sheet["gate"], sheet["open"]), ("ok", "Side door", []))
        self.assertEqual(self.page(self.operator, self.gate)["commissioning"]["verdict"], "ok")

    def test_what_it_keeps_because_odoo_did_not_take_it(self):
        self.env["hr.face.parked"].sudo().create(
            {
                "device_id": self.device.id,
                "uuid": "u",
                "chain": "c",
                "seq": 3,
                "gate": self.gate.id,
                "captured_at": "2025-03-03 07:00:00",
                "reason": "unknown_employee",
            }
        )
        [row] = self.device_page(self.operator)["parked_events"]
        self.assertEqual(
            (row["gate"], row["why"]), ("Side door", "No such person in this device's company")
        )

    def test_the_forms_lead_to_the_pages(self):
        for record, tag in ((self.entrance, "gate"), (self.device, "device")):
            action = self.as_(self.operator, record).action_open_page()
            self.assertEqual(action["tag"], f"hr_face_attendance.{tag}")
            self.assertEqual(action["params"], {f"{tag}_id": record.id})
