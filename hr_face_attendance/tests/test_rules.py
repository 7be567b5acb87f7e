import json
import struct
from datetime import timedelta
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..models.hr_face_template import vector_fault
from ..rules import (
    chain,
    clock,
    pairing,
    vault,
    wire,
    wire_enrolment,
    wire_heartbeat,
    wire_pairing,
    wire_roll_call,
    wire_sheet,
    wire_terminals,
)
from ..rules.bucket import Bucket
from ..rules.canonical import canonical
from ..rules.errors import Malformed, Refused, Unsealable
from ..rules.reader import load_json
from ..rules.schedule import Schedule, merge
from . import schema
from .common import FakeDevice, at, unit_vector

REPOSITORY = Path(__file__).resolve().parents[2]
WIRE = REPOSITORY / "wire" / "examples"
NOW = at("12:00")
MINUTE = timedelta(minutes=1)
PARSERS = {
    "event": wire.parse_event,
    "terminals": wire_terminals.parse_terminals,
    "erasures": wire_enrolment.parse_erasures,
    "doctor": wire_sheet.parse_sheet,
    "roll_call": wire_roll_call.parse_roll_call,
}


def example(path):
    return json.loads(path.read_text())


@tagged("face_rules")
class TestWire(BaseCase):
    """The same examples as the bridge's tests. An addon installed on its own has no wire/."""

    def setUp(self):
        super().setUp()
        if not (REPOSITORY / "device_bridge").exists():
            self.skipTest("not in the repository")

    def test_valid_events_parse_and_hash_alike(self):
        signing = example(WIRE / "signing.json")
        files = sorted(WIRE.glob("valid/event.v1.*.json"))
        self.assertTrue(files)
        for path in files:
            with self.subTest(path.name):
                document = example(path)
                event = wire.parse_event(document)
                event_hash = chain.hash_of(document)
                self.assertEqual(event_hash, signing["hashes"][event.uuid])
                self.assertEqual(chain.commitment_of(document), event.commitment)
                self.assertTrue(
                    chain.is_signed(event_hash, event.signature, signing["signing_key"])
                )

    def test_a_batch_says_how_much_is_left(self):
        for name, backlog in (("batch", 0), ("catching_up", 4200)):
            with self.subTest(name):
                body = example(WIRE / f"valid/events.v1.{name}.json")
                documents, left = wire.parse_events(body)
                self.assertEqual((documents, left), (body["events"], backlog))
        for wrong in (-1, 1.5, "7", None, True):
            with self.subTest(wrong), self.assertRaises(Malformed) as refused:
                wire.parse_events({"events": [{}], "backlog": wrong})
            self.assertEqual(refused.exception.field, "backlog")

    def test_the_other_valid_bodies_parse(self):
        wire_pairing.parse_pair(example(WIRE / "valid/pair.v1.request.json"))
        wire_heartbeat.parse_heartbeat(example(WIRE / "valid/heartbeat.v1.healthy.json"))
        for one in example(WIRE / "valid/enrolments.v1.one.json")["enrolments"]:
            wire_enrolment.parse_enrolment(one)
        reports = wire_terminals.parse_terminals(example(WIRE / "valid/terminals.v1.two.json"))
        self.assertEqual([(one.id, len(one.unknown)) for one in reports], [(5, 1), (6, 0)])
        acknowledged = example(WIRE / "valid/erasures.v1.two.json")
        self.assertEqual(
            wire_enrolment.parse_erasures(acknowledged),
            [one["uuid"] for one in acknowledged["erasures"]],
        )

    def test_invalid_examples_name_the_field(self):
        files = sorted(WIRE.glob("invalid/*.json"))
        self.assertTrue(files)
        for path in files:
            case, parse = example(path), PARSERS[path.name.split(".")[0]]
            with self.subTest(path.name), self.assertRaises(Malformed) as caught:
                parse(case["document"])
            self.assertEqual(caught.exception.field.split(".")[0], case["expect_field"])

    def test_the_examples_pass_our_schema_check(self):
        for path in sorted(WIRE.glob("valid/*.json")):
            with self.subTest(path.name):
                self.assertEqual(
                    schema.faults(example(path), ".".join(path.name.split(".")[:2])), []
                )

    def test_error_codes_are_those_of_the_schema(self):
        schema = example(REPOSITORY / "wire" / "error.v1.schema.json")
        known = set(schema["properties"]["error"]["properties"]["code"]["enum"])
        self.assertEqual({refusal.code for refusal in Refused.__subclasses__()}, known)

    def test_a_stored_event_hashes_as_the_sent_one(self):
        document = example(WIRE / "valid/event.v1.unknown_field_kept.json")
        event = wire.parse_event(document)
        facts = {name: getattr(event, name) for name in wire.FACTS} | {"extra": event.extra}
        facts["captured_at"] = document["captured_at"]
        self.assertEqual(chain.hash_of(wire.public_document(facts)), chain.hash_of(document))


@tagged("face_rules")
class TestReading(BaseCase):
    def _event(self, **changes):
        fake = FakeDevice()
        fake.id, fake.chain = 3, "7b0d8c1e-52a4-4a0e-9d2f-1c3e5a7b9d11"
        return (
            fake.event(type("Gate", (), {"id": 1}), type("Employee", (), {"id": 7}), at("07:00"))
            | changes
        )

    def test_hostile_fields_are_named(self):
        cases = [
            ("nul", {"future": "a\x00b"}, "future"),
            ("surrogate", {"future": "\ud800"}, "future"),
            ("five decimals", {"future": 0.12345}, "future"),
            ("infinite", {"future": float("inf")}, "future"),
            ("huge", {"future": "x" * 5000}, "future"),
            ("deep evidence", {"evidence": {"frames": -1}}, "evidence.frames"),
            ("huge evidence", {"evidence": {"note": "x" * 5000}}, "evidence"),
            ("year 1969", {"captured_at": "1969-12-31T23:59:59.999Z"}, "captured_at"),
            ("year 9999", {"captured_at": "9999-12-31T23:59:59.999Z"}, "captured_at"),
            ("month 13", {"captured_at": "2025-13-01T00:00:00.000Z"}, "captured_at"),
            ("float seq", {"seq": 1.0}, "seq"),
            ("seq beyond 2^53", {"seq": 2**53}, "seq"),
            ("upper-case uuid", {"uuid": "2F1C7A52-5D0E-4B43-9A0C-3A2E6D3F8B01"}, "uuid"),
            ("uuid with a line feed", {"uuid": "2f1c7a52-5d0e-4b43-9a0c-3a2e6d3f8b01\n"}, "uuid"),
            ("unicode digits", {"prev_hash": "٣" * 64}, "prev_hash"),
            ("short salt", {"salt": "AAAA"}, "salt"),
        ]
        for name, changes, field in cases:
            with self.subTest(name), self.assertRaises(Malformed) as caught:
                wire.parse_event(self._event(**changes))
            self.assertEqual(caught.exception.field, field)

    def test_an_event_is_an_object(self):
        for document in ([], "x", 1, None, True):
            with self.subTest(document), self.assertRaises(Malformed):
                wire.parse_event(document)

    def test_bodies_that_are_no_json(self):
        for name, body in (
            ("empty", b""),
            ("half", b'{"a":'),
            ("nan", b'{"a": NaN}'),
            ("latin-1", b'"\xe9"'),
            ("deep", b"[" * 100_000),
            ("digits", b"1" * 5000),
        ):
            with self.subTest(name), self.assertRaises(Malformed):
                load_json(body)

    def test_batches_are_bounded(self):
        for items in ([], [{}] * 201, {}, None):
            with self.subTest(len(items or "")), self.assertRaises(Malformed) as caught:
                wire.parse_list({"events": items}, "events", high=wire.MAX_EVENTS)
            self.assertEqual(caught.exception.field, "events")

    def test_vectors(self):
        for name, vector, good in (
            ("unit", unit_vector(), True),
            ("nearly", struct.pack("<2f", 0.7071, 0.7071), True),
            ("zero", struct.pack("<2f", 0, 0), False),
            ("long", struct.pack("<2f", 1, 1), False),
            ("nan", struct.pack("<2f", float("nan"), 1), False),
            ("infinite", struct.pack("<2f", float("inf"), 1), False),
        ):
            with self.subTest(name):
                self.assertEqual(vector_fault(vector) is None, good)


@tagged("face_rules")
class TestClock(BaseCase):
    def test_judge_time(self):
        # name, captured, source, gate is a recording, offset ms, uncertainty ms, verdict
        cases = [
            ("now", NOW, "clock", False, 0, 10, None),
            ("an hour ago", NOW - 60 * MINUTE, "clock", False, 0, 10, None),
            ("offset unknown", NOW, "clock", False, None, None, clock.CLOCK_UNVERIFIED),
            ("a little ahead", NOW + 2 * MINUTE, "clock", False, 0, 0, None),
            ("ahead within the uncertainty", NOW + 3 * MINUTE, "clock", False, 0, 60_000, None),
            ("in the future", NOW + 3 * MINUTE, "clock", False, 0, 0, clock.CLOCK_IN_FUTURE),
            (
                "boundless uncertainty excuses nothing",
                NOW + 90 * MINUTE,
                "clock",
                False,
                0,
                10**9,
                clock.CLOCK_IN_FUTURE,
            ),
            ("1970", at("00:00", -20_000), "clock", False, 0, 0, clock.CLOCK_BEFORE_PAIRING),
            (
                "before pairing",
                NOW - 200 * MINUTE,
                "clock",
                False,
                0,
                0,
                clock.CLOCK_BEFORE_PAIRING,
            ),
            ("five minutes off", NOW, "clock", False, 300_000, 0, None),
            ("more than five minutes off", NOW, "clock", False, 300_001, 0, clock.CLOCK_OFFSET),
            (
                "more than five minutes off, behind",
                NOW,
                "clock",
                False,
                -300_001,
                0,
                clock.CLOCK_OFFSET,
            ),
            (
                "recording at an ordinary gate",
                NOW,
                "recording",
                False,
                0,
                0,
                clock.RECORDING_NOT_ALLOWED,
            ),
            ("recording at a recording gate", at("08:00", -30), "recording", True, 10**7, 0, None),
            (
                "recording from the future",
                NOW + 3 * MINUTE,
                "recording",
                True,
                0,
                0,
                clock.CLOCK_IN_FUTURE,
            ),
            ("clock at a recording gate", NOW, "clock", True, 0, 0, None),
            ("wrong clock at a recording gate", NOW, "clock", True, 300_001, 0, clock.CLOCK_OFFSET),
        ]
        for name, captured, source, recording, offset, uncertainty, verdict in cases:
            with self.subTest(name):
                got = clock.judge_time(
                    captured,
                    received_at=NOW,
                    paired_at=NOW - 180 * MINUTE,
                    time_source=source,
                    gate_is_recording=recording,
                    clock_offset_ms=offset,
                    clock_uncertainty_ms=uncertainty,
                )
                self.assertEqual(got, verdict)


@tagged("face_rules")
class TestSmallRules(BaseCase):
    def test_canonical(self):
        cases = [
            ({"b": 1.0, "a": [0.5, None, True]}, b'{"a":[0.5,null,true],"b":1}'),
            ("é", '"é"'.encode()),
            (-0.0, b"0"),
            (0.1 + 0.2, b"0.3"),
        ]
        for value, text in cases:
            with self.subTest(text):
                self.assertEqual(canonical(value), text)

    def test_pairing_code(self):
        code = pairing.new_code()
        self.assertRegex(code, r"^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$")
        digest = pairing.code_digest("K7QD-3M0A", "salt")
        for typed, good in (
            ("k7qd3mOa", True),
            ("K7QD 3M0A", True),
            ("K7QD-3M0B", False),
            ("", False),
        ):
            with self.subTest(typed):
                self.assertEqual(pairing.code_matches(typed, "salt", digest), good)

    def test_bucket(self):
        bucket = Bucket(rate_per_s=2, burst=3)
        self.assertEqual([bucket.take(0) for _ in range(4)], [0, 0, 0, 0.5])
        self.assertEqual(bucket.take(0.5), 0)
        self.assertGreater(bucket.take(0.5), 0)

    def test_merge_joins_midnight(self):
        joined = merge([(at("23:00"), at("05:00", 1)), (at("21:00"), at("22:59:59.999999"))])
        self.assertEqual(joined, [(at("21:00"), at("05:00", 1))])

    def test_shift_at(self):
        schedule = Schedule(
            [
                (at("07:00"), at("11:00")),
                (at("12:00"), at("16:00")),
                (at("07:00", 1), at("16:00", 1)),
            ]
        )
        first, second = schedule.shifts
        limits = {"early": timedelta(hours=3), "late": timedelta(hours=6)}
        for text, day, shift in (
            ("03:59", 0, None),
            ("04:00", 0, first),
            ("11:30", 0, first),
            ("22:00", 0, first),
            ("22:01", 0, None),
            ("04:30", 1, second),
        ):
            with self.subTest(text):
                self.assertEqual(schedule.shift_at(at(text, day), **limits), shift)

    def test_vault(self):
        key, other = b"k" * 32, b"o" * 32
        mine, yours = vault.owner(1, 7, "m1", "u"), vault.owner(1, 8, "m1", "u")
        sealed = vault.seal(b"vector", key, mine)
        self.assertEqual(vault.unseal(sealed, key, mine), b"vector")
        self.assertNotEqual(vault.seal(b"vector", key, mine).ciphertext, sealed.ciphertext)
        for name, master, person in (("another key", other, mine), ("another person", key, yours)):
            with self.subTest(name), self.assertRaises(Unsealable):
                vault.unseal(sealed, master, person)
