import base64
import hashlib
import secrets
from datetime import timedelta
from uuid import uuid4

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..rules.canonical import canonical
from .common import ApiCase, FakeDevice, at


@tagged("post_install", "-at_install")
class TestDeviceRotation(ApiCase, HttpCase):
    """A new token and new keys while everything runs; a stolen token is worth nothing."""

    def setUp(self):
        super().setUp()
        self.pair()

    def request(self, token=None, keys=None, signer=None):
        """(new token, wire/rotation.v1)"""
        token = token or "fd_" + secrets.token_urlsafe(32)
        public = keys and {
            "signing_key": keys.pair_request("x")["signing_key"],
            "encryption_key": keys.pair_request("x")["encryption_key"],
            "chain": keys.chain,
        }
        signed = {"token_sha256": hashlib.sha256(token.encode()).hexdigest(), "keys": public}
        digest = hashlib.sha256(canonical(signed)).digest()
        proof = (signer or self.fake).signing.sign(digest)
        return token, signed | {"proof": base64.b64encode(proof).decode()}

    def status(self, token):
        return self.call("unlock", token=token, method="POST").status_code

    def test_both_tokens_are_taken_for_an_hour(self):
        before = self.fake.token
        token, body = self.request()
        self.assertEqual(self.status(token), 401)
        self.assertEqual(self.call("rotation", body).status_code, 200)
        self.assertEqual((self.status(before), self.status(token)), (200, 200))
        self.device._set_columns(token_before_until=fields.Datetime.now() - timedelta(seconds=1))
        self.assertEqual((self.status(before), self.status(token)), (401, 200))

    def test_an_answer_that_was_lost_is_asked_for_again_with_either_token(self):
        token, body = self.request()
        for bearer in (self.fake.token, self.fake.token, token):
            self.assertEqual(self.call("rotation", body, token=bearer).status_code, 200)
        self.assertEqual((self.status(self.fake.token), self.status(token)), (200, 200))

    def test_a_stolen_token_cannot_lock_the_device_out(self):
        _token, body = self.request(signer=FakeDevice())
        answer = self.call("rotation", body)
        self.assertEqual(answer.json()["error"]["code"], "not_allowed")
        _token, body = self.request()
        answer = self.call("rotation", body | {"token_sha256": "a" * 64})
        self.assertEqual(answer.json()["error"]["code"], "not_allowed")
        self.assertEqual(self.status(self.fake.token), 200)

    def test_another_device_s_token_is_not_taken(self):
        other = self.device.copy({"name": "Other", "gate_ids": [(6, 0, self.gate.ids)]})
        theirs = self._pair(other)
        _token, body = self.request(token=theirs.token)
        answer = self.call("rotation", body)
        self.assertEqual(answer.json()["error"]["field"], "token_sha256")
        self.assertEqual(self.status(theirs.token), 200)

    def test_new_keys_begin_a_chain_and_the_one_before_goes_on_arriving(self):
        late = self.fake.event(self.gate, self.mara, at("07:00"))
        new = FakeDevice()
        new.id, new.chain = self.fake.id, str(uuid4())
        new.token, body = self.request(keys=new)
        self.assertEqual(self.call("rotation", body).status_code, 200)
        before, self.fake = self.fake, new
        self.assertEqual(self.device.signing_key, new.pair_request("x")["signing_key"])
        event = new.event(self.gate, self.mara, at("16:00"))
        self.assertEqual({one["status"] for one in self.send(event, late)}, {"accepted"})
        self._enrolled(self.idris)
        page = self.call("gallery").json()
        self.assertTrue(page["cursor_reset"])
        self.assertEqual(len(new.open(page)["people"]), 1)
        self.assertEqual(self.device.action_verify_chain()["params"]["type"], "success")
        self.fake = before
        self.device.action_revoke()
        for token in (before.token, new.token):
            self.assertEqual(self.status(token), 401)

    def test_a_chain_that_exists_is_not_begun_again(self):
        new = FakeDevice()
        new.chain = self.fake.chain
        _token, body = self.request(keys=new)
        self.assertEqual(self.call("rotation", body).json()["error"]["field"], "keys.chain")

    def test_the_device_is_told_when_it_is_time(self):
        self.assertIsNone(self.device._rotation_due())
        self.device.token_expires_at = fields.Datetime.now() + timedelta(days=29)
        self.assertEqual(self.device._rotation_due(), "token")
        self.device.action_rotate_keys()
        self.assertEqual(self.device._rotation_due(), "keys")
        _token, body = self.request()
        self.call("rotation", body)
        self.assertIsNone(self.device._rotation_due())

    def test_the_half_of_the_storage_key_is_kept_until_the_device_is_revoked(self):
        half = self.call("unlock", method="POST").json()["secret"]
        self.assertEqual(self.call("unlock", method="POST").json()["secret"], half)
        self.pair()
        self.assertEqual(
            self.call("unlock", method="POST").json()["secret"], half, "what it holds stays"
        )
        self.device.action_revoke()
        self.assertEqual(self.call("unlock", method="POST").status_code, 401)
        self.pair()
        self.assertNotEqual(self.call("unlock", method="POST").json()["secret"], half)

    def test_no_domain_or_export_reaches_the_secrets(self):
        for column in ("storage_secret", "token_hash_before", "token_before_until"):
            self.assertNotIn(column, self.device._fields)
