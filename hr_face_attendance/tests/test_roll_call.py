"""Roll calls: photos to the service, the reviewer's corrections, and what is written."""

import base64
import io
from unittest.mock import patch
from uuid import uuid4

import openpyxl
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from ..models import hr_face_service_call as calls
from ..models import ir_http
from ..rules.errors import BodyTooLarge, Malformed
from ..rules.roll_call import AGAIN, COUNTS, MOST_PHOTOS, NOBODY, TWICE
from . import schema
from .common import FaceCase, b64
from .fake_service import WithService, group_photo
from .test_roles import ROLES

MARA, IDRIS, NOOR, STRANGER = 1, 2, 3, 9


class RollCallCase(WithService, FaceCase):
    def setUp(self):
        super().setUp()
        calls._breakers.clear()
        self.addCleanup(calls._breakers.clear)
        self.service.enrolled = {MARA: self.mara.id, IDRIS: self.idris.id, NOOR: self.noor.id}
        options = {"company_id": self.company.id, "company_ids": self.company.ids}
        self.officer, self.manager, self.auditor = (
            new_test_user(self.env, f"rc_{role}", ROLES[role], password=f"rc_{role}", **options)
            for role in ("officer", "manager", "auditor")
        )
        (self.mara | self.idris).attendance_manager_id = self.officer

    def calls_as(self, user):
        return (
            self.env["hr.face.roll.call"]
            .with_user(user)
            .with_context(allowed_company_ids=self.company.ids)
        )

    def begun(self, *photos, user=None, **about):
        roll = self.calls_as(user or self.officer)
        call = roll.browse(roll.begin(str(uuid4()), **about))
        for content in photos:
            call._acting()._take(str(uuid4()), content)
        return call

    def read(self, *photos, **about):
        """A roll call whose photos have been looked at."""
        call = self.begun(*photos, **about)
        call.start()
        self.run_job()
        return call

    def run_job(self):
        with self.enter_registry_test_mode():
            self.env.ref("hr_face_attendance.cron_face_roll_call").method_direct_trigger()
        self.env.invalidate_all()

    def shown(self, screen):
        """[(employee, what the face comes to)] from left to right."""
        return [
            (face["employee"] or None, face["counts"])
            for photo in screen["photos"]
            for face in photo["faces"]
        ]

    def lines(self, screen):
        return {line["employee"]: line["present"] for line in screen["lines"]}


@tagged("post_install", "-at_install")
class TestRollCall(RollCallCase, TransactionCase):
    def test_photos_are_read_in_the_background_and_faces_named(self):
        call = self.begun(group_photo(MARA, STRANGER), group_photo((MARA, 0.99), number=1))
        call.start()
        self.assertEqual((call.state, self.service.asked), ("reading", []), "nobody waits for it")
        self.run_job()
        self.assertEqual([path for path, _ in self.service.asked], ["/v1/rollcall"] * 2)
        screen = call.screen()
        self.assertEqual(screen["state"], "review")
        mara = self.mara.id
        self.assertEqual(self.shown(screen), [(mara, AGAIN), (None, NOBODY), (mara, COUNTS)])
        self.assertEqual(screen["photos"][0]["faces"][1]["box"], [0.1, 0.1, 0.08, 0.2])
        self.assertEqual(self.lines(screen), {mara: True, self.idris.id: False})

    def test_an_officer_is_told_own_people_s_names_only(self):
        call = self.read(group_photo(MARA, NOOR))
        screen = call.screen()
        self.assertEqual(self.shown(screen), [(self.mara.id, COUNTS), (None, NOBODY)])
        noor = screen["photos"][0]["faces"][1]
        self.assertEqual((noor["elsewhere"], noor["similar"]), (True, []))
        self.assertNotIn(self.noor.id, [one["id"] for one in screen["people"]])
        for act in (
            lambda: call.name_face(noor["id"], self.noor.id),
            lambda: call.mark_present(self.noor.id),
        ):
            with self.assertRaisesRegex(UserError, "people of yours"):
                act()

    def test_the_same_person_twice_on_a_photo_is_marked_and_mended(self):
        call = self.read(group_photo((MARA, 0.96), (MARA, 0.98)))
        screen = call.screen()
        mara = self.mara.id
        self.assertEqual(self.shown(screen), [(mara, TWICE), (mara, COUNTS)])
        wrong = screen["photos"][0]["faces"][0]["id"]
        screen = call.name_face(wrong, self.idris.id)
        self.assertEqual(self.shown(screen), [(self.idris.id, COUNTS), (mara, COUNTS)])
        screen = call.name_face(wrong, mara)
        self.assertEqual(self.shown(screen), [(mara, COUNTS), (self.idris.id, COUNTS)], "swapped")

    def test_a_face_is_dismissed_and_somebody_without_a_face_is_present(self):
        call = self.read(group_photo(MARA))
        [face] = call.screen()["photos"][0]["faces"]
        screen = call.dismiss_face(face["id"])
        self.assertTrue(screen["photos"][0]["faces"][0]["dismissed"])
        self.assertEqual(self.shown(call.dismiss_face(face["id"], False)), [(self.mara.id, COUNTS)])
        screen = call.dismiss_face(face["id"])
        self.assertEqual(self.lines(screen), {self.mara.id: False, self.idris.id: False})
        screen = call.mark_present(self.idris.id)
        self.assertEqual(self.lines(screen), {self.mara.id: False, self.idris.id: True})
        screen = call.mark_present(self.idris.id, False)
        self.assertFalse(any(self.lines(screen).values()))

    def test_confirming_writes_events_and_lines_once_and_erases_the_photos(self):
        taken = fields.Datetime.subtract(fields.Datetime.now(), minutes=10)
        call = self.read(group_photo(MARA, STRANGER), taken_at=fields.Datetime.to_string(taken))
        first = call.confirm()
        again = call.confirm()
        self.assertEqual(self.lines(first), self.lines(again))
        [event] = self.env["hr.face.event"].search([("company_id", "=", self.company.id)])
        self.assertEqual((event.source, event.employee_id), ("roll_call", self.mara))
        self.assertEqual((event.captured_at, event.made_by_id), (taken, self.officer))
        self.assertEqual(event.evidence["roll_call"], call.uuid)
        [row] = self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)])
        self.assertEqual((row.check_in, row.check_out), (taken, False))
        self.assertFalse(call.sudo().photo_ids)
        self.assertFalse(self.env["hr.face.roll.call.face"].sudo().search([]))
        self.assertEqual((call.present_count, call.absent_count), (1, 1))

    def test_who_is_in_already_stays_in(self):
        now = fields.Datetime.now()
        row = self.env["hr.attendance"].create(
            {"employee_id": self.mara.id, "check_in": fields.Datetime.subtract(now, hours=1)}
        )
        self.read(group_photo(MARA)).confirm()
        self.assertEqual(
            self.env["hr.attendance"].search([("employee_id", "=", self.mara.id)]), row
        )
        self.assertFalse(row.check_out)

    def test_a_session_expects_its_attendees(self):
        now = fields.Datetime.now()
        session = self.env["calendar.event"].create(
            {
                "name": "Briefing",
                "start": fields.Datetime.subtract(now, minutes=15),
                "stop": fields.Datetime.add(now, minutes=15),
                "partner_ids": [(6, 0, self.idris.work_contact_id.ids)],
                "face_session": True,
                "face_company_id": self.company.id,
            }
        )
        call = self.read(group_photo(MARA), session=session.id)
        self.assertEqual(self.lines(call.screen()), {self.mara.id: True, self.idris.id: False})
        with self.assertRaisesRegex(UserError, "during the session"):
            self.begun(session=session.id, taken_at=str(fields.Datetime.subtract(now, hours=5)))

    def test_a_department_expects_its_people(self):
        yard = self.env["hr.department"].create({"name": "Yard", "company_id": self.company.id})
        self.idris.department_id = yard
        call = self.read(group_photo(MARA), department=yard.id)
        self.assertEqual(self.lines(call.screen()), {self.mara.id: True, self.idris.id: False})

    def test_while_the_service_is_away_it_waits_and_goes_on(self):
        self.service.mood = "busy"
        call = self.read(group_photo(MARA))
        self.assertEqual(call.state, "reading")
        self.assertIn("busy", call.message)
        self.service.mood = "well"
        self.run_job()
        self.assertEqual((call.state, call.message), ("review", False))

    def test_without_a_service_it_says_so(self):
        self.device.service_url = False
        self.assertFalse(self.calls_as(self.officer).choices()["has_service"])
        call = self.read(group_photo(MARA))
        self.assertIn("No recognition service", call.message)

    def test_an_unreadable_photo_stops_no_other(self):
        call = self.read(b"\xff\xd8\xff nonsense", group_photo(MARA))
        bad, good = call.screen()["photos"]
        self.assertEqual((bad["state"], bad["detail"]), ("unreadable", "It is no picture."))
        self.assertEqual(len(good["faces"]), 1)

    def test_photos_are_sealed_and_nowhere_else(self):
        content = group_photo(MARA)
        call = self.begun(content)
        photo = call.sudo().photo_ids
        self.assertEqual(photo._unseal(), content)
        self.env.cr.execute("SELECT to_jsonb(p)::text FROM hr_face_roll_call_photo p")
        self.assertNotIn(content.hex(), self.env.cr.fetchone()[0])
        self.assertFalse(self.env["ir.attachment"].search([("res_model", "like", "roll")]))
        self.assertIn(photo.key_id, self.env["hr.face.key"]._in_use())

    def test_what_nobody_decides_is_erased_after_days_and_what_is_discarded_at_once(self):
        left, gone = self.begun(group_photo(MARA)), self.read(group_photo(MARA))
        gone.discard()
        self.assertFalse(gone.sudo().photo_ids)
        self.env["hr.face.roll.call"]._cron_forget()
        self.assertTrue(left.sudo().photo_ids)
        self.env.cr.execute(
            "UPDATE hr_face_roll_call SET create_date = create_date - interval '4 days'"
        )
        self.env.invalidate_all()
        self.env["hr.face.roll.call"]._cron_forget()
        self.assertFalse(self.env["hr.face.roll.call.photo"].sudo().search([]))
        self.assertEqual(left.state, "discarded")
        for act in (left.start, left.confirm):
            with self.subTest(act.__name__):
                if act == left.start:
                    act()
                    self.assertEqual(left.state, "discarded")
                else:
                    self.assertRaises(UserError, act)

    def test_photos_are_bounded_and_taken_once(self):
        call = self.begun(*[group_photo(MARA, number=number) for number in range(MOST_PHOTOS)])
        known = call.sudo().photo_ids[0].uuid
        call.sudo()._take(known, group_photo(IDRIS))
        self.assertEqual(len(call.sudo().photo_ids), MOST_PHOTOS)
        with self.assertRaises(BodyTooLarge):
            call.sudo()._take(str(uuid4()), group_photo(MARA))
        for content, error in (
            (b"<svg/>", Malformed),
            (b"\xff\xd8\xff" + bytes(8_000_000), BodyTooLarge),
        ):
            with self.subTest(content[:5]), self.assertRaises(error):
                self.begun().sudo()._take(str(uuid4()), content)
        with self.assertRaisesRegex(UserError, "photo first"):
            self.begun().start()

    def test_the_same_beginning_is_the_same_roll_call(self):
        roll, uuid = self.calls_as(self.officer), str(uuid4())
        self.assertEqual(roll.begin(uuid), roll.begin(uuid))
        tomorrow = str(fields.Datetime.add(fields.Datetime.now(), days=1))
        with self.assertRaisesRegex(UserError, "future"):
            roll.begin(str(uuid4()), taken_at=tomorrow)

    def test_roles(self):
        call = self.read(group_photo(MARA))
        other = new_test_user(
            self.env, "rc_other", ROLES["officer"],
            company_id=self.company.id, company_ids=self.company.ids,
        )  # fmt: skip
        with self.assertRaises(AccessError):
            call.with_user(other).screen()
        for act in ("screen", "confirm", "discard", "start"):
            with self.subTest(act), self.assertRaises(AccessError):
                getattr(call.with_user(self.auditor), act)()
        with self.assertRaises(AccessError):
            self.calls_as(self.auditor).begin(str(uuid4()))
        with self.assertRaises(AccessError):
            call.write({"state": "confirmed"})
        with self.assertRaises(AccessError):
            self.calls_as(self.officer).create({})
        self.assertTrue(call.with_user(self.manager).screen()["photos"])
        call.confirm()
        self.assertEqual(len(call.with_user(self.auditor).line_ids), 2)

    def test_as_many_queries_for_many_people_as_for_few(self):
        counts = []
        for extra in (5, 60):
            people = self.env["hr.employee"].create(
                [{"name": f"P{extra}-{n}", "company_id": self.company.id} for n in range(extra)]
            )
            people.attendance_manager_id = self.officer
            self.service.enrolled |= {1000 + n: one.id for n, one in enumerate(people)}
            call = self.read(group_photo(*range(1000, 1000 + extra)))
            self.env.invalidate_all()
            call.screen()  # warm
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            call.screen()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertEqual(*counts)

    def test_the_sheet_says_what_the_screen_says_and_runs_no_formula(self):
        self.mara.name = "=1+1"
        call = self.read(group_photo(MARA))
        for _ in range(2):
            _name, content = call._sheet()
            sheet = openpyxl.load_workbook(io.BytesIO(content)).active
            rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]
            self.assertEqual(rows[1][0], "=1+1")
            self.assertEqual(sheet.cell(5, 1).data_type, "s")
            self.assertEqual([row[2] for row in rows[1:]], ["Present", "Absent"])
            self.assertEqual((rows[1][4], sheet.freeze_panes), (0.97, "B5"))
            call.confirm()

    def test_who_leaves_later_stays_on_a_confirmed_list_and_on_no_other(self):
        confirmed, open_one = self.read(group_photo(MARA, IDRIS)), self.read(group_photo(MARA))
        confirmed.confirm()
        self.mara.active = False
        self.env.invalidate_all()
        both = {self.mara.id: True, self.idris.id: True}
        for user in (self.officer, self.manager, self.auditor):
            with self.subTest(user.login):
                self.assertEqual(self.sheet_rows(confirmed.with_user(user)), {
                    "Mara Lindqvist": "Present", "Idris Vale": "Present",
                })  # fmt: skip
        screen = confirmed.screen()
        self.assertEqual(self.lines(screen), both)
        self.assertEqual({one["id"] for one in screen["people"]}, set(both))
        self.assertEqual(self.lines(open_one.screen()), {self.idris.id: False})

    def sheet_rows(self, call):
        _name, content = call._sheet()
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        return {row[0].value: row[2].value for row in sheet.iter_rows(min_row=5)}

    def test_lists_are_kept_as_long_as_events_and_no_longer(self):
        old, new = self.read(group_photo(MARA)), self.read(group_photo(MARA))
        (old + new).sudo().env.flush_all()
        for call, months in ((old, 3), (new, 1)):
            call.confirm()
            call.sudo().taken_at = fields.Datetime.subtract(call.taken_at, months=months)
        for kept, left in ((0, old + new), (4, old + new), (2, new)):
            self.company.face_event_months = kept
            with self.subTest(kept), patch.object(type(self.env["ir.cron"]), "_commit_progress"):
                self.env["hr.face.event"]._cron_redact_old()
                self.assertEqual((old + new).exists(), left)
        lines = self.env["hr.face.roll.call.line"].sudo().search([])
        self.assertEqual(lines.call_id, new)


@tagged("post_install", "-at_install")
class TestRollCallPages(RollCallCase, HttpCase):
    def test_photos_come_and_go_over_http_for_whoever_may(self):
        ir_http._buckets.clear()
        call = self.begun()
        self.authenticate("rc_officer", "rc_officer")
        url = f"/hr_face_attendance/roll-call/{call.id}"
        content = group_photo(MARA)
        token = self.csrf()
        headers = {"X-CSRF-Token": token, "X-Photo": str(uuid4())}
        for name, changed, status in (
            ("no token", {"X-CSRF-Token": ""}, 400),
            ("no uuid", {"X-Photo": "../x"}, 400),
            ("well", {}, 200),
            ("again", {}, 200),
        ):
            with self.subTest(name):
                answer = self.url_open(f"{url}/photo", data=content, headers={**headers, **changed})
                self.assertEqual(answer.status_code, status, answer.text)
        call.invalidate_recordset()
        photo = call.sudo().photo_ids
        self.assertEqual(len(photo), 1)
        shown = self.url_open(f"{url}/photo/{photo.id}")
        self.assertEqual((shown.content, shown.headers["Content-Type"]), (content, "image/jpeg"))
        self.assertEqual(shown.headers["Cache-Control"], "no-store")
        self.assertEqual(shown.headers["X-Content-Type-Options"], "nosniff")
        sheet = self.url_open(f"{url}/sheet")
        self.assertEqual(sheet.content[:2], b"PK")
        self.authenticate("rc_auditor", "rc_auditor")
        self.assertEqual(self.url_open(f"{url}/photo/{photo.id}").status_code, 403)
        self.assertEqual(self.url_open(f"{url}/sheet").status_code, 200)
        self.authenticate(None, None)
        self.assertIn("/web/login", self.url_open(f"{url}/photo/{photo.id}").url)

    def csrf(self):
        page = self.url_open("/odoo").text
        return page.partition('csrf_token: "')[2].partition('"')[0]


@tagged("post_install", "-at_install")
class TestRollCallApi(RollCallCase, HttpCase):
    def setUp(self):
        super().setUp()
        ir_http._buckets.clear()
        self.client = self._client("Classroom", may_rollcall=True, may_identify=True)
        self.token = self._token(self.client)

    def _client(self, name, **values):
        company = values.pop("company", self.company)
        return self.env["hr.face.client"].create({"name": name, "company_id": company.id, **values})

    def _token(self, client, scopes=("rollcall",), ttl_s=3600):
        keys = self.env["hr.face.service.key"].sudo()
        return keys._token(
            client.company_id, self.service.url, client.client_id, scopes, ttl_s, client=client
        )

    def ask(self, path="", body=None, token=None):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        url = f"/hr_face_attendance/v1/roll-calls{path}"
        return self.url_open(url, json=body, headers=headers)

    def body(self, *photos, **about):
        return {"uuid": str(uuid4()), "photos": [b64(one) for one in photos], **about}

    def good(self, answer):
        self.assertEqual(answer.status_code, 200, answer.text)
        if schema.WIRE.exists():
            self.assertEqual(schema.faults(answer.json(), "roll_call_result.v1"), [])
        return answer.json()

    def test_photos_go_in_and_present_absent_and_unknown_come_out(self):
        body = self.body(group_photo(MARA, STRANGER), b"\xff\xd8\xff nonsense")
        told = self.good(self.ask(body=body))
        self.assertEqual((told["state"], told["present"], told["excel_url"]), ("reading", [], None))
        again = self.good(self.ask(body=body))
        self.assertEqual(again["uuid"], told["uuid"])
        self.assertEqual(self.ask(f"/{body['uuid']}/sheet").status_code, 404)
        self.run_job()
        told = self.good(self.ask(f"/{body['uuid']}"))
        self.assertEqual(told["state"], "review")
        self.assertEqual(
            [(one["employee"], one["similarity"]) for one in told["present"]],
            [(self.mara.id, 0.97)],
        )
        self.assertEqual({one["employee"] for one in told["absent"]}, {self.idris.id, self.noor.id})
        self.assertEqual([one["box"] for one in told["unknown"]], [[0.1, 0.1, 0.08, 0.2]])
        self.assertEqual([one["photo"] for one in told["unreadable"]], [1])
        self.assertEqual(len(self.service.asked), 2, "sent again, it was not looked at again")
        sheet = self.url_open(
            told["excel_url"].partition("/hr_face")[1] + told["excel_url"].partition("/hr_face")[2],
            headers={"Authorization": f"Bearer {self.token}"},
        )
        names = [
            cell.value for cell in openpyxl.load_workbook(io.BytesIO(sheet.content)).active["A"]
        ]
        self.assertIn("Mara Lindqvist", names)
        self.assertFalse(self.env["hr.face.event"].search([("employee_id", "=", self.mara.id)]))
        call = self.env["hr.face.roll.call"].search([("uuid", "=", body["uuid"])])
        call.with_user(self.manager).with_context(allowed_company_ids=self.company.ids).confirm()
        self.assertEqual(self.good(self.ask(f"/{body['uuid']}"))["state"], "confirmed")

    def test_a_session_says_when_and_who(self):
        now = fields.Datetime.now()
        session = self.env["calendar.event"].create(
            {
                "name": "Lecture",
                "start": fields.Datetime.subtract(now, hours=3),
                "stop": fields.Datetime.subtract(now, hours=2),
                "face_session": True,
                "face_company_id": self.company.id,
                "face_employee_ids": [(6, 0, self.idris.ids)],
            }
        )
        body = self.body(group_photo(MARA), session=session.id)
        self.good(self.ask(body=body))
        self.run_job()
        told = self.good(self.ask(f"/{body['uuid']}"))
        self.assertEqual(told["session"], session.id)
        offered = self.calls_as(self.manager).choices()["sessions"]
        self.assertIn(session.id, [one["id"] for one in offered])
        self.assertEqual([one["employee"] for one in told["absent"]], [self.idris.id])
        self.assertEqual([one["expected"] for one in told["present"]], [False])
        self.assertEqual(told["taken_at"][:16], session.start.isoformat()[:16])

    def test_what_is_no_roll_call_is_refused_by_its_field_and_changes_nothing(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.env["calendar.event"].create(
            {
                "name": "Theirs",
                "start": fields.Datetime.now(),
                "stop": fields.Datetime.now(),
                "face_company_id": other.id,
            }
        )
        yard = self.env["hr.department"].create({"name": "Yard", "company_id": other.id})
        photo = group_photo(MARA)
        for body, field in (
            (self.body(), "photos"),
            (self.body(*[photo] * (MOST_PHOTOS + 1)), "photos"),
            (self.body(b"<svg/>"), "photos.0"),
            (self.body(photo) | {"photos": ["@"]}, "photos.0"),
            (self.body(photo) | {"photos": [7]}, "photos.0"),
            (self.body(photo) | {"uuid": "1"}, "uuid"),
            (self.body(photo, session=foreign.id), "session"),
            (self.body(photo, session=2**31 - 1), "session"),
            (self.body(photo, department=yard.id), "department"),
            (self.body(photo, date="2025-02-30"), "date"),
            (self.body(photo, date="2999-01-01"), "date"),
            (self.body(photo, taken_at="2999-01-01T00:00:00.000Z"), "taken_at"),
            (self.body(photo, date="2025-03-03", taken_at="2025-03-03T00:00:00.000Z"), "date"),
        ):
            with self.subTest(field=field):
                answer = self.ask(body=body)
                self.assertEqual(
                    (answer.status_code, answer.json()["error"]["field"]),
                    (400, field),
                    answer.text[:300],
                )
        self.assertFalse(self.env["hr.face.roll.call"].search([]))

    def test_whose_token_counts(self):
        body = self.body(group_photo(MARA))
        self.good(self.ask(body=body))
        other = self._client("Another", may_rollcall=True)
        nothing = self._client("Kiosk", may_identify=True)
        head, claims, signature = self.token.split(".")
        kiosk = (
            self.env["hr.face.service.key"]
            .sudo()
            ._token(self.company, self.service.url, "gate:1", ("identify",), 120, gate=self.gate)
        )
        expired = self._token(self.client, ttl_s=-1)
        for name, token, status, code in (
            ("forged", f"{head}.{claims[:-4]}AAAA.{signature}", 401, "invalid_token"),
            ("unsigned", f"{b64url('{}')}.{claims}.x", 401, "invalid_token"),
            ("expired", expired, 401, "token_expired"),
            ("a kiosk's", kiosk, 403, "not_allowed"),
            ("for something else", self._token(self.client, ("identify",)), 403, "not_allowed"),
            ("without the scope", self._token(nothing), 403, "not_allowed"),
            ("another program's", self._token(other), 404, "not_found"),
        ):
            with self.subTest(name):
                answer = self.ask(f"/{body['uuid']}", token=token)
                self.assertEqual(
                    (answer.status_code, answer.json()["error"]["code"]), (status, code)
                )
        self.client.active = False
        self.assertEqual(self.ask(f"/{body['uuid']}").status_code, 401)


def b64url(text):
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
