"""Odoo asks the recognition service: in the background, and not for long."""

import time
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import BaseCase, TransactionCase, tagged

from ..models import hr_face_service_call as calls
from ..rules.breaker import FAILURES, PAUSE_S, Breaker
from ..rules.service_errors import (
    InPageRequest,
    NoService,
    ServiceRefused,
    ServiceUnreachable,
)
from .common import FaceCase
from .fake_service import WithService, photo
from .test_service import opened


@tagged("face_rules")
class TestBreaker(BaseCase):
    def test_it_opens_after_failures_in_a_row_and_lets_one_call_try_after_the_pause(self):
        breaker = Breaker()
        for _ in range(FAILURES - 1):
            breaker = breaker.failed(100)
            self.assertEqual(breaker.wait_s(100), 0)
        breaker = breaker.failed(100)
        self.assertEqual((breaker.wait_s(100), breaker.wait_s(110)), (PAUSE_S, PAUSE_S - 10))
        half_open = breaker.asking(100 + PAUSE_S)
        self.assertEqual(breaker.wait_s(100 + PAUSE_S), 0)
        self.assertGreater(half_open.wait_s(101 + PAUSE_S), 0, "a second call waits for the first")
        self.assertEqual(half_open.answered().wait_s(0), 0)
        self.assertEqual(half_open.failed(200).wait_s(200), PAUSE_S)

    def test_a_success_between_failures_keeps_it_closed(self):
        breaker = Breaker()
        for _ in range(3 * FAILURES):
            breaker = breaker.failed(0).failed(0).answered()
        self.assertEqual(breaker, Breaker())


@tagged("post_install", "-at_install")
class TestServiceCall(WithService, FaceCase, TransactionCase):
    def setUp(self):
        super().setUp()
        calls._breakers.clear()
        self.addCleanup(calls._breakers.clear)

    def caller(self):
        return self.env["hr.face.service.call"]._caller(self.company, ["enrol"])

    def test_photos_travel_with_a_token_of_odoo_s_own_client_that_can_be_revoked(self):
        answer = self.caller().ask("/v1/enrol", files=[photo(1), b"no photo"])
        self.assertEqual([one["unfit"] for one in answer["photos"]], [None, "unreadable"])
        [(path, token)] = self.service.asked
        _, claims = opened(token, self.env["hr.face.service.key"]._public())
        odoo = self.env["hr.face.client"]._of_odoo(self.company)
        self.assertEqual((path, claims["client_id"]), ("/v1/enrol", odoo.client_id))
        self.assertEqual((claims["scope"], claims["aud"]), ("enrol", self.service.url))
        published = self.device._api_config()["service"]["clients"]
        self.assertIn(odoo.client_id, [one["id"] for one in published])
        odoo.active = False
        published = self.device._api_config()["service"]["clients"]
        self.assertNotIn(odoo.client_id, [one["id"] for one in published])
        with self.assertRaisesRegex(NoService, "archived"):
            self.caller()

    def test_odoo_s_own_client_has_no_secret(self):
        with self.assertRaises(UserError):
            self.env["hr.face.client"]._of_odoo(self.company).action_new_secret()

    def test_without_a_service_it_is_said_in_words(self):
        self.device.service_url = False
        with self.assertRaisesRegex(NoService, "No recognition service is paired"):
            self.caller()

    def test_no_page_ever_waits_for_it(self):
        with patch.object(calls, "request", object()), self.assertRaises(InPageRequest):
            self.caller()

    def test_only_what_odoo_itself_asks_for(self):
        with self.assertRaises(ValueError):
            self.env["hr.face.service.call"]._caller(self.company, ["identify"])

    def test_a_refusal_names_code_and_field(self):
        self.service.mood = "refusing"
        with self.assertRaises(ServiceRefused) as caught:
            self.caller().ask("/v1/enrol", files=[photo(1)])
        self.assertEqual((caught.exception.code, caught.exception.field), ("not_allowed", "scope"))

    def test_busy_means_later_and_opens_no_circuit(self):
        self.service.mood = "busy"
        for _ in range(FAILURES + 1):
            with self.assertRaises(ServiceUnreachable) as caught:
                self.caller().ask("/v1/enrol", files=[photo(1)])
            self.assertEqual(caught.exception.retry_after_s, 7)
        self.service.mood = "well"
        self.caller().ask("/v1/enrol", files=[photo(1)])

    def test_whoever_fails_is_left_alone_and_asked_again_after_the_pause(self):
        for mood, error in (("broken", ServiceUnreachable), ("a stranger", ServiceUnreachable)):
            self.service.mood = mood
            with self.subTest(mood), self.assertRaises(error):
                self.caller().ask("/v1/enrol", files=[photo(1)])
        calls._breakers.clear()
        self.service.mood = "broken"
        for _ in range(FAILURES + 2):
            with self.assertRaises(ServiceUnreachable):
                self.caller().ask("/v1/enrol", files=[photo(1)])
        self.assertEqual(len(self.service.asked), 2 + FAILURES, "the last two asked nobody")
        self.service.mood = "well"
        later = time.monotonic() + PAUSE_S + 1
        with patch.object(calls.time, "monotonic", lambda: later):
            self.caller().ask("/v1/enrol", files=[photo(1)])
        self.caller().ask("/v1/enrol", files=[photo(1)])

    def test_a_service_that_hangs_or_is_gone_costs_its_timeout_and_no_more(self):
        self.service.mood = "silent"
        with patch.object(calls, "READ_S", 0.2), self.assertRaises(ServiceUnreachable):
            self.caller().ask("/v1/enrol", files=[photo(1)])
        self.service.close()
        with self.assertRaises(ServiceUnreachable):
            self.caller().ask("/v1/enrol", files=[photo(1)])
