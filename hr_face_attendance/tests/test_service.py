import base64
import json
import time
from datetime import timedelta
from unittest.mock import patch

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import HttpCase, TransactionCase, new_test_user, tagged

from ..models import ir_http
from ..rules import jwt, pairing
from ..rules.errors import ServerError
from .common import ApiCase, FaceCase

URL = "https://face.example"


def opened(token, keys):
    """Head and claims of a token, if one of the published keys signed it."""
    head, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split(".")
    )
    key = {one["kid"]: one["public_key"] for one in keys}[json.loads(head)["kid"]]
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    public.verify(signature, token.rpartition(".")[0].encode())
    return json.loads(head), json.loads(claims)


class ServiceCase(FaceCase):
    def setUp(self):
        super().setUp()
        self.fake = self._pair(self.device)
        self.device.service_url = URL
        self.keys = self.env["hr.face.service.key"]

    def _client(self, **values):
        client = self.env["hr.face.client"].create(
            {"name": "Door", "company_id": self.company.id, "may_identify": True, **values}
        )
        return client, client.action_new_secret()["context"]["default_secret"]


@tagged("post_install", "-at_install")
class TestSigningKey(ServiceCase, TransactionCase):
    def test_a_kiosk_s_token_says_what_the_service_checks(self):
        granted = self.gate._face_service_token()
        head, claims = opened(granted["token"], self.keys._public())
        self.assertEqual((head["alg"], granted["service"]), ("EdDSA", URL))
        self.assertEqual(claims["iss"], self.device._database())
        self.assertEqual((claims["aud"], claims["scope"]), (URL, "identify"))
        self.assertEqual((claims["gate"], claims["company"]), (self.gate.id, self.company.id))
        self.assertLessEqual(claims["exp"] - time.time(), 120)
        self.assertNotIn("client_id", claims)

    def test_a_token_is_bound_to_its_claims(self):
        token = self.gate._face_service_token()["token"]
        head, claims, signature = token.split(".")
        forged = claims[:-2] + ("AA" if claims[-2:] != "AA" else "BB")
        with self.assertRaises(InvalidSignature):
            opened(f"{head}.{forged}.{signature}", self.keys._public())

    def test_a_browser_never_gets_vectors_or_an_hour(self):
        for options in ({"scopes": ("embed",)}, {"scopes": ("metrics",)}, {"ttl_s": 121}):
            with self.subTest(options), self.assertRaises(ValueError):
                self.gate._face_service_token(**options)

    def test_a_gate_without_a_service_has_no_token(self):
        self.device.service_url = False
        self.assertIsNone(self.gate._face_service_token())
        self.device.service_url = URL
        self.device.action_revoke()
        self.assertIsNone(self.gate._face_service_token())

    def test_the_private_key_is_out_of_the_orm_s_reach_and_sealed(self):
        key = self.keys.search([])
        raw = key._private().private_bytes_raw()
        self.env.cr.execute(
            "SELECT to_jsonb(k)::text FROM hr_face_service_key k WHERE id = %s", [key.id]
        )
        row = self.env.cr.fetchone()[0]
        for text in (raw.hex(), base64.b64encode(raw).decode()):
            self.assertNotIn(text, row)
        self.assertNotIn("ciphertext", self.keys._fields)

    def test_without_its_master_key_nothing_is_signed_and_revoking_helps(self):
        other = self.key_file.with_name("other.key")
        other.write_bytes(base64.b64encode(bytes(32)))
        with self.key_at(other):
            with self.assertRaisesRegex(ServerError, "another key file"):
                self.gate._face_service_token()
            self.keys.action_revoke()
            opened(self.gate._face_service_token()["token"], self.keys._public())
        with self.key_at("/nowhere"), self.assertRaisesRegex(ServerError, "missing"):
            self.gate._face_service_token()

    def test_a_changed_master_key_signs_on_with_the_same_signing_key(self):
        self.gate._face_service_token()
        key, master = self.keys.search([]), self.env["hr.face.key"]
        master._add_key()
        self.assertEqual(master._drop_unused_keys(), 0, "the signing key still needs the old one")
        self.keys._wrap_anew()
        self.assertEqual(master._drop_unused_keys(), 1)
        head, _ = opened(self.gate._face_service_token()["token"], self.keys._public())
        self.assertEqual(head["kid"], key.kid)

    def test_a_rotation_is_known_before_it_is_used_and_the_old_key_while_tokens_live(self):
        old = self.keys.search([])
        before = self.gate._face_service_token()["token"]
        self.keys.action_rotate()
        self.assertEqual(len(self.keys._public()), 2, "the new one is published at once")
        head, _ = opened(self.gate._face_service_token()["token"], self.keys._public())
        self.assertEqual(head["kid"], old.kid, "and signs only once everybody knows it")
        new = self.keys.search([]) - old
        new.active_from = fields.Datetime.now()
        head, _ = opened(self.gate._face_service_token()["token"], self.keys._public())
        self.assertEqual(head["kid"], new.kid)
        opened(before, self.keys._public())
        lasts = old.expires_at - new.active_from
        self.assertGreater(lasts, timedelta(seconds=jwt.PROGRAM_TTL_S))
        old.expires_at = fields.Datetime.now()
        self.assertEqual([key["kid"] for key in self.keys._public()], [new.kid])

    def test_a_rotation_right_after_another_leaves_one_key_to_sign(self):
        self.keys.action_rotate()
        self.keys.action_rotate()
        opened(self.gate._face_service_token()["token"], self.keys._public())
        self.assertEqual(len(self.keys._public()), 3)
        self.assertEqual(len(self.keys.search([("expires_at", "=", False)])), 1)

    def test_revoking_kills_every_token_at_once(self):
        before = self.gate._face_service_token()["token"]
        self.keys.action_revoke()
        with self.assertRaises(KeyError):
            opened(before, self.keys._public())
        opened(self.gate._face_service_token()["token"], self.keys._public())

    def test_only_an_administrator_replaces_it(self):
        for group in ("group_face_officer", "group_face_auditor", "group_face_operator"):
            user = new_test_user(self.env, group, f"hr_face_attendance.{group}")
            for action in ("action_rotate", "action_revoke"):
                with self.subTest(group, action=action), self.assertRaises(AccessError):
                    getattr(self.keys.with_user(user), action)()

    def test_service_addresses(self):
        for good in ("https://face.example/x", "http://localhost:8470", " https://face.example/ "):
            self.device.service_url = good
            self.assertEqual(self.device.service_url, good.strip().rstrip("/"))
        for bad in ("http://face.example", "face.example", "https://a:b@face.example", "https://"):
            with self.subTest(bad), self.assertRaises(ValidationError):
                self.device.service_url = bad


@tagged("post_install", "-at_install")
class TestClients(ServiceCase, TransactionCase):
    def test_config_carries_what_it_takes_to_check_a_token_and_no_secret(self):
        client, secret = self._client(may_metrics=True)
        self.env["hr.face.client"].create({"name": "No secret yet", "may_identify": True})
        config = self.device._api_config()
        service = config["service"]
        self.assertEqual((service["audience"], service["company"]), (URL, self.company.id))
        odoo = self.env["hr.face.client"]._of_odoo(self.company)
        self.assertEqual(
            sorted(service["clients"], key=lambda one: one["id"] != client.client_id),
            [
                {"id": client.client_id, "scopes": ["identify", "metrics"]},
                {"id": odoo.client_id, "scopes": ["embed", "enrol", "rollcall"]},
            ],
        )
        self.assertEqual(service["replicas"][0]["device"], self.device.id)
        self.assertTrue(self.device.get_base_url().startswith(service["origin"]))
        text = json.dumps(config)
        self.assertNotIn(secret, text)
        self.assertNotIn(pairing.token_digest(secret), text)

    def test_a_change_is_news_at_the_next_heartbeat(self):
        def etag():
            return self.device._api_config()["etag"]

        seen = [etag()]
        client, _ = self._client()
        for change in ({"may_embed": True}, {"may_embed": False}, {"active": False}):
            seen.append(etag())
            client.write(change)
        seen.append(etag())
        self.keys.action_rotate()
        seen.append(etag())
        self.assertEqual(len({*seen}), 4, "back to what it was is no news")
        self.assertNotEqual(seen[-1], seen[-2])
        self.assertEqual(seen[-2], seen[0])

    def test_an_ordinary_bridge_is_told_nothing_of_it(self):
        self.device.service_url = False
        self.assertIsNone(self.device._api_config()["service"])

    def test_another_company_s_clients_are_not_ours(self):
        other = self.env["res.company"].create({"name": "Other"})
        self._client(company_id=other.id)
        ours, _ = self._client()
        clients = [one["id"] for one in self.device._api_config()["service"]["clients"]]
        odoo = self.env["hr.face.client"]._of_odoo(self.company)
        self.assertEqual(set(clients), {ours.client_id, odoo.client_id})

    def test_a_secret_is_kept_as_a_hash_only_and_the_log_says_who_made_it(self):
        client, secret = self._client()
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(c)::text FROM hr_face_client c WHERE id = %s", [client.id]
        )
        row = self.env.cr.fetchone()[0]
        self.assertNotIn(secret, row)
        self.assertIn(pairing.token_digest(secret), row)
        self.assertNotIn("secret_hash", self.env["hr.face.client"]._fields)
        bodies = " ".join(client.message_ids.mapped(lambda message: str(message.body)))
        self.assertIn("A new secret was made", bodies)
        self.assertNotIn(secret, bodies)
        shown = self.env["hr.face.client.secret"].create({"client_id": client.id, "secret": secret})
        self.env.invalidate_all()
        self.assertFalse(shown.secret, "and the dialog keeps it nowhere")

    def test_only_an_administrator_makes_a_secret(self):
        client, _ = self._client()
        auditor = new_test_user(
            self.env,
            "aud",
            "hr_face_attendance.group_face_auditor",
            company_id=self.company.id,
            company_ids=self.company.ids,
        )
        with self.assertRaises(AccessError):
            client.with_user(auditor).action_new_secret()


@tagged("post_install", "-at_install", "face_api")
class TestTokenCall(ServiceCase, ApiCase, HttpCase):
    def ask(self, client, secret, **more):
        body = {"client_id": client.client_id, "client_secret": secret, **more}
        return self.call("token", body, token="")

    def test_a_client_gets_a_token_for_an_hour(self):
        client, secret = self._client(may_metrics=True, gate_id=self.gate.id)
        answer = self.ask(client, secret)
        self.assertEqual(answer.status_code, 200, answer.text)
        granted = answer.json()
        self.assertEqual((granted["scope"], granted["service"]), (["identify", "metrics"], URL))
        _, claims = opened(granted["token"], self.keys._public())
        self.assertEqual((claims["client_id"], claims["gate"]), (client.client_id, self.gate.id))
        self.assertEqual(claims["exp"] - claims["iat"], 3600)
        self.assertTrue(client.last_used_at)
        self.assertNotIn("session_id", answer.cookies)

    def test_fewer_scopes_may_be_asked_for_and_no_more(self):
        client, secret = self._client(may_metrics=True)
        granted = self.ask(client, secret, scope=["metrics"]).json()
        _, claims = opened(granted["token"], self.keys._public())
        self.assertEqual(claims["scope"], "metrics")
        self.assertRefused(self.ask(client, secret, scope=["embed"]), 403, "not_allowed", "scope")
        client.write({"may_metrics": False, "may_identify": False})
        self.assertRefused(self.ask(client, secret), 403, "not_allowed", "scope")

    def test_wrong_secrets_and_clients_look_alike(self):
        client, secret = self._client()
        _, other_secret = self._client(name="Other")
        new = client.action_new_secret()["context"]["default_secret"]
        refused = [self.ask(client, wrong) for wrong in (secret, other_secret, "fs_x")]
        client.active = False
        refused.append(self.ask(client, new))
        for answer in refused:
            self.assertRefused(answer, 401, "invalid_client")
        self.assertEqual(len({answer.text for answer in refused}), 1)
        client.active = True
        self.assertEqual(self.ask(client, new).status_code, 200)

    def test_bodies_that_cannot_be_read(self):
        client, secret = self._client()
        good = {"client_id": client.client_id, "client_secret": secret}
        for change, field in (
            ({"client_id": 1}, "client_id"),
            ({"client_secret": None}, "client_secret"),
            ({"scope": "identify"}, "scope"),
            ({"scope": ["everything"]}, "scope"),
            ({"scope": [["identify"]]}, "scope"),
            ({"service": 7}, "service"),
        ):
            with self.subTest(change):
                answer = self.call("token", good | change, token="")
                self.assertRefused(answer, 400, "malformed", field)

    def test_a_service_that_is_not_there_or_one_of_several_is_named(self):
        client, secret = self._client()
        answer = self.ask(client, secret, service="https://elsewhere.example")
        self.assertRefused(answer, 403, "not_allowed", "service")
        second = self.env["hr.face.device"].create(
            {"name": "Second", "company_id": self.company.id, "service_url": f"{URL}/2"}
        )
        self._pair(second)
        self.assertRefused(self.ask(client, secret), 403, "not_allowed", "service")
        self.assertEqual(self.ask(client, secret, service=f"{URL}/2").status_code, 200)

    def test_an_address_that_asks_too_often_is_slowed_down(self):
        client, secret = self._client()
        with patch.object(ir_http, "BURST", 2), patch.object(ir_http, "CALLS_PER_S", 0.001):
            ir_http._buckets.clear()
            answers = [self.ask(client, "fs_x") for _ in range(3)]
        self.assertEqual([answer.status_code for answer in answers], [401, 401, 429])
        self.assertGreater(int(answers[-1].headers["Retry-After"]), 0)
        ir_http._buckets.clear()
        self.assertEqual(self.ask(client, secret).status_code, 200)
