import base64
import os
from pathlib import Path
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import BaseCase, TransactionCase, tagged
from odoo.tools import mute_logger

from ..models import hr_face_key_rotation
from ..rules import keyring, vault
from ..rules.errors import ServerError, Unsealable
from .common import unit_vector
from .test_enrolment_session import SessionCase

OLD, NEW = b"o" * 32, b"n" * 32


def line(key):
    return base64.b64encode(key) + b"\n"


@tagged("face_rules")
class TestKeyring(BaseCase):
    def test_the_first_key_is_current(self):
        keys = keyring.parse(b"# since March\n\n" + line(NEW) + b"  " + line(OLD))
        self.assertEqual((keys.current, keys.keys), (NEW, (NEW, OLD)))
        self.assertEqual(keyring.parse(keys.text()), keys)

    def test_what_is_no_key_file(self):
        for name, content in (
            ("empty", b""),
            ("comments only", b"# key\n"),
            ("short", line(b"x" * 31)),
            ("no base64", b"key\n"),
            ("a bad second line", line(NEW) + b"AAAA\n"),
            ("twice the same", line(NEW) * 2),
        ):
            with self.subTest(name), self.assertRaises(ValueError):
                keyring.parse(content)

    def test_keys_are_dropped_only_when_nothing_needs_them(self):
        keys = keyring.Keyring((NEW, OLD))
        self.assertEqual(keys.only({vault.key_id(OLD)}), keys)
        self.assertEqual(keys.only(set()).keys, (NEW,))
        self.assertEqual(keyring.Keyring((OLD,)).with_new().keys[1:], (OLD,))

    def test_wrapping_anew_leaves_the_ciphertext(self):
        owner = vault.owner(1, 2, "m", "u")
        sealed = vault.seal(unit_vector(), OLD, owner)
        again = vault.rewrap(sealed, OLD, NEW, owner)
        self.assertEqual((again.ciphertext, again.nonce), (sealed.ciphertext, sealed.nonce))
        self.assertEqual(vault.unseal(again, NEW, owner), unit_vector())
        for name, old, belongs_to in (
            ("another key", NEW, owner),
            ("another person", OLD, vault.owner(1, 3, "m", "u")),
        ):
            with self.subTest(name), self.assertRaises(Unsealable):
                vault.rewrap(sealed, old, NEW, belongs_to)
        with self.assertRaises(Unsealable):
            flipped = bytes([sealed.ciphertext[0] ^ 1]) + sealed.ciphertext[1:]
            vault.rewrap(vault.replace(sealed, ciphertext=flipped), OLD, NEW, owner)


@tagged("post_install", "-at_install")
class TestRotation(SessionCase, TransactionCase):
    def setUp(self):
        super().setUp()
        self.key_file = Path(self.key_dir.name) / f"{self._testMethodName}.key"
        self.key_file.write_bytes(line(OLD))
        self.startPatcher(patch.dict(os.environ, {"HR_FACE_KEY_FILE": str(self.key_file)}))
        self.Key = self.env["hr.face.key"]
        self.templates = self.env["hr.face.template"].sudo()
        for number, person in enumerate(self.mara | self.idris | self.noor):
            self.templates |= self._enrolled(person, unit_vector(number))
        self.vectors = self.templates._vectors()

    def keys(self):
        return keyring.parse(self.key_file.read_bytes())

    def under(self, key):
        self.templates.invalidate_recordset()
        return len(self.templates.filtered(lambda one: one.key_id == vault.key_id(key)))

    def run_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("hr_face_attendance.cron_face_rewrap").method_direct_trigger()
        self.env.invalidate_all()

    def drop(self):
        with self.enter_registry_test_mode():
            return self.Key._drop_unused_keys()

    def test_add_wrap_and_remove(self):
        self.Key._add_key()
        self.assertEqual((self.keys().keys[1], self.under(OLD)), (OLD, 3))
        self.assertEqual(self.key_file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.Key._rotation(), (2, 3, 3))
        self.assertEqual(self.templates._vectors(), self.vectors, "both keys open")
        self.assertEqual(self.drop(), 0, "templates need the old key")
        self.run_cron()
        new = self.keys().current
        self.assertEqual((self.under(new), self.Key._waiting()), (3, 0))
        self.assertEqual(self.drop(), 1)
        self.assertEqual(self.keys().keys, (new,))
        self.assertEqual(self.templates._vectors(), self.vectors)

    def test_captures_images_and_uploads_come_along(self):
        """Everything sealed of a person, and an upload's key stays for as long as the upload."""
        self.company.face_image_days = 30
        person = self._employee("Ines", "F010")
        job = self.env["hr.face.import"].create({})
        part = self.env["hr.face.import.part"].sudo()._take(job, "F010.jpg", 0, b"an upload")
        self.captured(person, unit_vector(7))._confirm()
        self.captured(person, unit_vector(7))
        held = [*self.Key._sealed_models()]
        before = {model._name: model.search([])._opened() for model in held}
        self.assertTrue(all(before.values()), "one of each kind is sealed")
        self.Key._add_key()
        self.run_cron()
        new = vault.key_id(self.keys().current)
        for model in held:
            with self.subTest(model._name):
                self.assertEqual(set(model.search([]).mapped("key_id")), {new})
                self.assertEqual(model.search([])._opened(), before[model._name])
        self.assertEqual(self.drop(), 0, "an upload is not wrapped anew")
        self.assertEqual(part._open(), b"an upload")
        job.unlink()
        self.assertEqual(self.drop(), 1)
        self.assertEqual(
            {model._name: model.search([])._opened() for model in held}, before, "one key left"
        )

    def test_only_the_wrapped_key_changes(self):
        before = self.templates._sealed()
        self.Key._add_key()
        self.run_cron()
        for template_id, sealed in self.templates._sealed().items():
            self.assertEqual(sealed.ciphertext, before[template_id].ciphertext)
            self.assertNotEqual(sealed.wrapped_key, before[template_id].wrapped_key)

    def test_it_goes_on_where_it_stopped(self):
        self.Key._add_key()
        steps = []
        self.patch(hr_face_key_rotation, "BATCH", 1)
        self.patch(
            type(self.env["ir.cron"]),
            "_commit_progress",
            lambda _self, done=0, **_options: steps.append(done) or len(steps) < 3,
        )
        self.Key._cron_rewrap()
        self.assertEqual(self.under(OLD), 1, "out of time after two")
        self.assertEqual(self.templates._vectors(), self.vectors)
        steps.clear()
        self.Key._cron_rewrap()
        self.assertEqual((self.under(OLD), steps), (0, [0, 1]))

    def test_what_is_sealed_meanwhile_is_under_the_new_key(self):
        self.Key._add_key()
        extra = self._enrolled(self._employee("Late", "F009"))
        self.assertEqual(extra.key_id, self.keys().current_id)

    def test_a_damaged_template_is_said_and_stops_nobody(self):
        self.env.cr.execute(
            "UPDATE hr_face_template SET ciphertext = '\\x00' WHERE id = %s", [self.templates[0].id]
        )
        self.Key._add_key()
        with self.assertLogs("odoo.addons.hr_face_attendance", "ERROR") as logs:
            self.run_cron()
        self.assertIn(str(self.templates[0].id), logs.output[0])
        self.assertEqual(self.under(OLD), 1)
        self.assertEqual(self.drop(), 0, "its key stays until it is erased")
        self.templates[0].unlink()
        self.assertEqual(self.drop(), 1)

    def test_a_wrong_or_missing_file_is_an_error_and_never_a_new_key(self):
        for name, content in (
            ("missing", None),
            ("another", line(NEW)),
            ("damaged", line(OLD) + b"?\n"),
            ("removed too early", line(NEW)),
        ):
            with self.subTest(name):
                if content is None:
                    self.key_file.unlink()
                else:
                    self.key_file.write_bytes(content)
                for act in (self.Key._add_key, self.templates._vectors, self.drop):
                    with self.assertRaises(ServerError):
                        act()
                self.assertFalse(self.Key._create_if_unused())
                found = self.key_file.read_bytes() if self.key_file.exists() else None
                self.assertEqual(found, content)
                self.key_file.write_bytes(line(OLD))
                self.assertEqual(self.templates._vectors(), self.vectors, "restored, it opens")

    def test_a_disk_that_does_not_take_it_changes_nothing(self):
        with patch.object(os, "fsync", side_effect=OSError(28, "No space left")):
            with self.assertRaises(UserError):
                self.env["res.config.settings"].create({}).action_face_add_key()
        self.assertEqual(self.key_file.read_bytes(), line(OLD))
        left = [name for name in os.listdir(self.key_dir.name) if name.startswith(".")]
        self.assertFalse(left)

    def test_the_settings_lead_through_it(self):
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.face_key_progress)
        settings.action_face_add_key()
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.face_key_progress, "0 of 3 templates are under the current key.")
        with self.enter_registry_test_mode(), self.assertRaises(UserError):
            settings.action_face_drop_keys()
        self.run_cron()
        with self.enter_registry_test_mode():
            self.env["res.config.settings"].create({}).action_face_drop_keys()
        self.assertEqual(len(self.keys().keys), 1)

    @mute_logger("odoo.addons.hr_face_attendance.models.hr_face_key_rotation")
    def test_a_second_change_before_the_first_is_done(self):
        self.Key._add_key()
        self.Key._add_key()
        self.run_cron()
        self.assertEqual((len(self.keys().keys), self.drop()), (3, 2))
        self.assertEqual(self.templates._vectors(), self.vectors)
