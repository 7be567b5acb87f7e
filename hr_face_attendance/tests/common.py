import base64
import os
import struct
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from odoo import Command, fields

from ..models import hr_face_key, ir_http
from ..rules import chain
from ..rules.vault import KEY_BYTES, open_page
from ..rules.wire_pairing import parse_pair
from . import schema

API = "/hr_face_attendance/v1"
MODEL = "dlib-resnet-v1@aligned5"
ANSWERS = {
    "pair": "pair_result.v1",
    "config": "config.v1",
    "token": "token_result.v1",
    "gallery": "gallery.v1",
    "events": "events_result.v1",
    "enrolments": "enrolments_result.v1",
    "commissioning": "doctor_result.v1",
    "erasures": "erasures_result.v1",
    "heartbeat": "heartbeat_result.v1",
    "terminals": "terminals_result.v1",
    "rotation": "rotation_result.v1",
    "unlock": "unlock_result.v1",
}
MONDAY = datetime(2025, 3, 3, tzinfo=UTC)
"""A Monday in the past, in winter: Brussels is one hour ahead of UTC."""


def at(text, day=0):
    """ "08:00" UTC on `day` days after MONDAY; seconds and milliseconds may follow."""
    clock = time.fromisoformat(text)
    return datetime.combine(MONDAY.date() + timedelta(days=day), clock, UTC)


def unit_vector(hot=0, size=128):
    """A template vector as bytes: one at `hot`, zero elsewhere."""
    return struct.pack(f"<{size}f", *(1.0 if i == hot else 0.0 for i in range(size)))


def b64(raw):
    return base64.b64encode(raw).decode()


class FakeDevice:
    """The device's side of the wire: keys, hash chain and signatures of its own."""

    def __init__(self):
        self.signing = Ed25519PrivateKey.generate()
        self.encryption = X25519PrivateKey.generate()
        self.id, self.chain, self.token = 0, "", ""
        self.seq, self.head = 1, chain.GENESIS

    def pair_request(self, code):
        return {
            "code": code,
            "signing_key": b64(self.signing.public_key().public_bytes_raw()),
            "encryption_key": b64(self.encryption.public_key().public_bytes_raw()),
            "bridge_version": "test",
            "platform": "test",
        }

    def paired(self, answer):
        self.id, self.chain, self.token = answer["device"]["id"], answer["chain"], answer["token"]
        self.seq, self.head = 1, chain.GENESIS
        return self

    @property
    def headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    def event(self, gate, employee=None, captured_at=None, **changes):
        """A chained and signed event; `changes` are made before signing."""
        moment = captured_at or datetime.now(UTC)
        event = {
            "uuid": str(uuid4()),
            "gate": gate.id,
            "device": self.id,
            "chain": self.chain,
            "seq": self.seq,
            "prev_hash": self.head,
            "captured_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "time_source": "recording",
            "boot_id": "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f",
            "monotonic_ms": 3_000_000_000,
            "clock_offset_ms": 0 if changes.get("time_source") == "clock" else None,
            "clock_uncertainty_ms": 12,
            "source": "gate",
            "outcome": "identified" if employee else "no_candidate",
            "employee": employee.id if employee else None,
            "template_model": MODEL,
            "similarity": 0.9731 if employee else 0.81,
            "margin": None,
            "pad": "off",
            "direction_hint": None,
            "evidence": {"votes": 3, "frames": 4, "face_px": 112},
            **changes,
        }
        event["salt"] = b64(os.urandom(16))
        event["commitment"] = chain.commitment_of(event)
        self.head = chain.hash_of(event)
        self.seq += 1
        return event | {"signature": b64(self.signing.sign(bytes.fromhex(self.head)))}

    def open(self, page):
        """The plaintext of a gallery page."""
        content = open_page(page["sealed"], self.encryption, page["cursor"])
        if schema.WIRE.exists():
            faults = schema.faults(content, "gallery_page.v1")
            if faults:
                raise AssertionError(faults)
        return content


class FaceCase:
    """Records that most tests need; mixed into TransactionCase and HttpCase."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key_dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.key_dir.cleanup)
        cls.key_file = Path(cls.key_dir.name) / "master.key"
        cls.key_file.write_bytes(base64.b64encode(os.urandom(KEY_BYTES)))
        environ = patch.dict(os.environ, {hr_face_key.ENVIRONMENT: str(cls.key_file)})
        cls.startClassPatcher(environ)
        cls.company = cls.env["res.company"].create({"name": "Kestrel Test"})
        cls.company.partner_id.tz = "Europe/Brussels"
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": [cls.company.id]})
        cls.company = cls.company.with_env(cls.env)
        cls.calendar = cls._calendar(
            "Day", [(day, 8, 12) for day in range(5)] + [(day, 13, 17) for day in range(5)]
        )
        cls.company.resource_calendar_id = cls.calendar
        cls.mara, cls.idris, cls.noor = (
            cls._employee(name, badge)
            for name, badge in (
                ("Mara Lindqvist", "F001"),
                ("Idris Vale", "F002"),
                ("Noor Castellan", "F003"),
            )
        )
        cls.gate = cls._gate("Side door")
        cls.device = cls.env["hr.face.device"].create(
            {
                "name": "Test bridge",
                "company_id": cls.company.id,
                "may_enrol": True,
                "gate_ids": [Command.link(cls.gate.id)],
            }
        )

    @classmethod
    def _calendar(cls, name, hours, tz="Europe/Brussels"):
        return cls.env["resource.calendar"].create(
            {
                "name": name,
                "tz": tz,
                "company_id": cls.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create(
                        {
                            "name": f"{day}-{start}",
                            "dayofweek": str(day),
                            "hour_from": start,
                            "hour_to": end,
                            "day_period": "morning" if start < 12 else "afternoon",
                        }
                    )
                    for day, start, end in hours
                ],
            }
        )

    @classmethod
    def _employee(cls, name, badge, company=None, calendar=None):
        company = company or cls.company
        return cls.env["hr.employee"].create(
            {
                "name": name,
                "barcode": badge,
                "company_id": company.id,
                "resource_calendar_id": (calendar or company.resource_calendar_id).id,
                "date_version": "2020-01-01",
            }
        )

    @classmethod
    def _gate(cls, name, **values):
        return cls.env["hr.face.gate"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "tz": "Europe/Brussels",
                "recording": True,
                **values,
            }
        )

    @classmethod
    def _code(cls, device):
        return device.action_pair()["context"]["default_code"]

    @classmethod
    def _pair(cls, device):
        """Pair without HTTP."""
        fake = FakeDevice()
        paired, token = (
            cls.env["hr.face.device"]
            .sudo()
            ._redeem(parse_pair(fake.pair_request(cls._code(device))))
        )
        return fake.paired(paired._api_pair(token))

    @classmethod
    def _consent(cls, employees):
        return cls.env["hr.face.consent"].create(
            [{"employee_id": employee.id} for employee in employees]
        )

    @classmethod
    def _enrolled(cls, employee, vector=None, consent=None):
        """One sealed template, with a consent recorded unless there is one."""
        consent = consent or cls._consent(employee)
        values = {
            "uuid": str(uuid4()),
            "employee_id": employee.id,
            "company_id": employee.company_id.id,
            "consent_id": consent.id,
            "model": employee.company_id.face_model,
            "dimension": 128,
            "enrolled_at": fields.Datetime.now(),
        }
        template = cls.env["hr.face.template"].sudo()
        made = template._seal_all([values], [vector or unit_vector()])
        cls.env["hr.face.gallery.change"].sudo()._bump(employee)
        return made

    def ingest(self, device, *events):
        """Deliver without HTTP."""
        log = self.env["hr.face.event"].sudo()
        return log._ingest(device.sudo(), log._read_events(list(events)))

    def rows(self, employee):
        """The attendance of a person as [(check in, check out, missing)], times as text."""
        found = self.env["hr.attendance"].search(
            [("employee_id", "=", employee.id)], order="check_in, id"
        )
        return [
            (
                f"{row.check_in:%d %H:%M}",
                f"{row.check_out:%d %H:%M}" if row.check_out else None,
                row.face_missing_out,
            )
            for row in found
        ]

    @contextmanager
    def key_at(self, path):
        with patch.dict(os.environ, {hr_face_key.ENVIRONMENT: str(path)}):
            yield


class ApiCase(FaceCase):
    """Calls over real HTTP as one paired device; mixed into HttpCase."""

    def setUp(self):
        super().setUp()
        ir_http._buckets.clear()
        self.fake = FakeDevice()

    def call(self, path, json=None, token=None, **options):
        fake_headers = (
            {"Authorization": f"Bearer {token}"} if token is not None else self.fake.headers
        )
        headers = fake_headers | options.pop("headers", {})
        answer = self.url_open(f"{API}/{path}", json=json, headers=headers, **options)
        if schema.WIRE.exists() and answer.content:
            name = ANSWERS[path] if answer.status_code == 200 else "error.v1"
            self.assertEqual(schema.faults(answer.json(), name), [])
        return answer

    def pair(self, device=None):
        answer = self.call("pair", self.fake.pair_request(self._code(device or self.device)))
        self.assertEqual(answer.status_code, 200, answer.text)
        self.fake.paired(answer.json())
        return answer.json()

    def send(self, *events):
        answer = self.call("events", {"events": list(events)})
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()["results"]

    def enrolment(self, value, by="badge", uuid=None, vector=None, replace=True, model=MODEL):
        template = {
            "uuid": uuid or str(uuid4()),
            "model": model,
            "vector": b64(vector or unit_vector()),
            "quality": 0.9,
            "face_px": 120,
            "captured_at": "2025-03-03T07:00:00.000Z",
        }
        return {
            "employee": {"by": by, "value": value},
            "source": "photo",
            "replace": replace,
            "templates": [template],
        }

    def enrol(self, *enrolments):
        answer = self.call("enrolments", {"enrolments": list(enrolments)})
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()["results"]

    def heartbeat(self, **changes):
        return {
            "sent_at": "2026-11-20T07:57:03.123Z",
            "boot_id": "0f5b1f8e-6a77-4a3c-9a53-6f4b0d1c2e3f",
            "monotonic_ms": 5,
            "clock_offset_ms": -42,
            "clock_uncertainty_ms": 12,
            "bridge_version": "0.1.0",
            "model": MODEL,
            "config_etag": None,
            "gallery_cursor": None,
            "delivered_through": None,
            "outbox": {"pending": 2, "parked": 1},
            "gates": [
                {
                    "id": self.gate.id,
                    "camera": "ok",
                    "fps": 15.0,
                    "last_frame_at": "2026-11-20T07:57:03.100Z",
                }
            ],
            **changes,
        }

    def assertRefused(self, answer, status, code, field=None):
        self.assertEqual(answer.status_code, status, answer.text)
        error = answer.json()["error"]
        self.assertEqual((error["code"], error["field"]), (code, field))
        self.assertTrue(error["message"])
        self.assertNotIn("Traceback", answer.text)
