import random
import threading
from uuid import uuid4

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure

from ..rules.wire_pairing import parse_pair
from .common import FakeDevice, at

DEVICES = 6


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """Real transactions that commit: what a test cursor cannot show."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # The thread that runs the tests holds this lock for as long as they run.
        self.patch(Registry, "_lock", DummyRLock())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.company = env["res.company"].create({"name": f"Crowd {uuid4()}"}).id
            self.addCleanup(self._clean)
            self.people = (
                env["hr.employee"]
                .create(
                    [
                        {
                            "name": f"Person {n}",
                            "company_id": self.company,
                            "date_version": "2020-01-01",
                        }
                        for n in range(4)
                    ]
                )
                .ids
            )
            gate = env["hr.face.gate"].create(
                {"name": "Door", "company_id": self.company, "tz": "UTC", "recording": True}
            )
            self.gate = type("Gate", (), {"id": gate.id})
            self.fakes = [self._paired(env, gate) for _ in range(DEVICES)]

    def _paired(self, env, gate):
        device = env["hr.face.device"].create(
            {"name": "Bridge", "company_id": self.company, "gate_ids": [Command.link(gate.id)]}
        )
        fake = FakeDevice()
        code = device.action_pair()["context"]["default_code"]
        paired, token = env["hr.face.device"]._redeem(parse_pair(fake.pair_request(code)))
        return fake.paired(paired._api_pair(token))

    def _clean(self):
        with self.registry.cursor() as cr:
            for statement in (
                "DELETE FROM hr_attendance_overtime_line WHERE employee_id = ANY(%(people)s)",
                "DELETE FROM hr_face_event WHERE company_id = %(company)s",
                "DELETE FROM hr_attendance WHERE employee_id = ANY(%(people)s)",
                "DELETE FROM hr_face_gallery_change WHERE company_id = %(company)s",
                "DELETE FROM hr_face_device WHERE company_id = %(company)s",
                "DELETE FROM hr_face_gate WHERE company_id = %(company)s",
            ):
                cr.execute(statement, {"people": self.people, "company": self.company})
            env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
            env["hr.employee"].browse(self.people).unlink()
            env["res.company"].browse(self.company).active = False

    def deliver(self, fake, events):
        """What the controller does, in a transaction of its own, with Odoo's retries."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})

            def handle():
                log = env["hr.face.event"]
                parsed = log._read_events(events)
                log._lock_people(parsed)
                return log._ingest(env["hr.face.device"].browse(fake.id), parsed)

            return retrying(handle, env)

    def together(self, batches):
        """Deliver (fake, events) at the same instant. Returns the results and what went wrong."""
        barrier, results, wrong = threading.Barrier(len(batches)), [], []

        def run(fake, events):
            try:
                barrier.wait()
                results.extend(self.deliver(fake, events))
            except Exception as error:  # noqa: BLE001 - reported by the test
                wrong.append(error)

        threads = [threading.Thread(target=run, args=batch) for batch in batches]
        with mute_logger("odoo.sql_db"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
        return results, wrong

    def table(self):
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT employee_id, check_in, check_out, face_missing_out FROM hr_attendance"
                " WHERE employee_id = ANY(%s) ORDER BY 1, 2, 3",
                [self.people],
            )
            return cr.fetchall()

    def person(self, number):
        return type("Employee", (), {"id": self.people[number]})

    def test_one_person_at_several_doors_is_one_row(self):
        batches = [
            (fake, [fake.event(self.gate, self.person(0), at("06:57"))]) for fake in self.fakes
        ]
        results, wrong = self.together(batches)
        self.assertFalse(wrong)
        self.assertEqual([result["status"] for result in results], ["accepted"] * DEVICES)
        self.assertEqual(len(self.table()), 1)
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT count(*) FROM hr_face_event WHERE company_id = %s AND direction = 'in'",
                [self.company],
            )
            self.assertEqual(cr.fetchone()[0], 1)

    def test_the_same_batch_twice_at_once_counts_once(self):
        fake = self.fakes[0]
        events = [fake.event(self.gate, self.person(n % 4), at("06:57", n // 4)) for n in range(8)]
        results, wrong = self.together([(fake, events)] * 4)
        self.assertFalse(wrong)
        self.assertEqual(sum(result["status"] == "accepted" for result in results), 8)
        self.assertEqual(len(results), 32)

    def test_a_crowd_equals_the_serial_derivation(self):
        chance = random.Random(11)
        batches = []
        for fake in self.fakes:
            events = [
                fake.event(
                    self.gate,
                    self.person(chance.randrange(4)),
                    at(
                        f"{chance.randrange(24):02d}:{chance.randrange(60):02d}",
                        chance.randrange(3),
                    ),
                )
                for _ in range(12)
            ]
            batches += [(fake, events[:6]), (fake, events[3:])]
        results, wrong = self.together(batches)
        self.assertFalse(wrong)
        self.assertEqual(sum(result["status"] == "accepted" for result in results), 12 * DEVICES)
        parallel = self.table()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            people = env["hr.employee"].browse(self.people)
            env["hr.attendance"]._face_as_derivation().search(
                [("employee_id", "in", people.ids)]
            ).unlink()
            cr.execute(
                "UPDATE hr_face_event SET state = 'none', direction = NULL, reason_code = NULL, attendance_id = NULL"
                " WHERE company_id = %s",
                [self.company],
            )
            env["hr.attendance"]._face_derive(
                dict.fromkeys(people, at("00:00").replace(tzinfo=None))
            )
        self.assertEqual(self.table(), parallel)

    def test_locks_are_given_back(self):
        self.together(
            [(fake, [fake.event(self.gate, self.person(0), at("06:57"))]) for fake in self.fakes]
        )
        with self.registry.cursor() as cr, mute_logger("odoo.sql_db"):
            env = api.Environment(cr, SUPERUSER_ID, {})
            with self.assertRaises(ZeroDivisionError):
                env["hr.attendance"]._face_lock(self.people)
                raise ZeroDivisionError
        with self.registry.cursor() as cr:
            cr.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s",
                [0x66616365],
            )
            self.assertEqual(cr.fetchone()[0], 0)


@tagged("post_install", "-at_install")
class TestWithdrawnMeanwhile(BaseCase):
    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        self.patch(Registry, "_lock", DummyRLock())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.employee = env["hr.employee"].create({"name": f"Person {uuid4()}"}).id
            self.consent = env["hr.face.consent"].create({"employee_id": self.employee}).id
        self.addCleanup(self._clean)

    def _clean(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["hr.employee"].browse(self.employee).unlink()
            cr.execute("DELETE FROM hr_face_gallery_change WHERE employee = %s", [self.employee])

    def enrol(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        employee = env["hr.employee"].browse(self.employee)
        return env["hr.face.template"].create(
            {
                "uuid": str(uuid4()),
                "employee_id": employee.id,
                "company_id": employee.company_id.id,
                "consent_id": self.consent,
                "model": employee.company_id.face_model,
            }
        )

    def withdraw(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["hr.face.consent"].browse(self.consent).action_withdraw()

    @mute_logger("odoo.sql_db")
    def test_no_template_is_left_behind_whoever_commits_first(self):
        for first, second in ((self.enrol, self.withdraw), (self.withdraw, self.enrol)):
            with self.subTest(first=first.__name__), self.registry.cursor() as later:
                later.execute("SELECT 1")  # its view of the data is from before `first`
                with self.registry.cursor() as cr:
                    first(cr)
                with self.assertRaises(SerializationFailure):
                    second(later)
                    later.flush()
                later.rollback()
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            self.assertFalse(env["hr.face.template"].search([("employee_id", "=", self.employee)]))
