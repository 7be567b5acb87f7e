"""Every published example parses for ever, and every bad one is refused for the named field."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from device_bridge.domain.challenge import Failure, Step
from device_bridge.domain.door import DoorPolicy, DoorState
from device_bridge.domain.event import GENESIS, PERSONAL, Outcome, commitment_of, hash_of
from device_bridge.domain.gate import BadgeUse, SpeechPolicy, read_gate
from device_bridge.domain.liveness import PadMode, PadVerdict
from tests.builders import ROOT, example

WIRE = ROOT / "wire"
VALID = sorted((WIRE / "examples" / "valid").glob("*.json"))
INVALID = sorted((WIRE / "examples" / "invalid").glob("*.json"))
SCHEMAS = {path.name: json.loads(path.read_text()) for path in WIRE.glob("*.schema.json")}
REGISTRY = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def validator_for(path: Path) -> Draft202012Validator:
    name = ".".join(path.name.split(".")[:2]) + ".schema.json"
    return Draft202012Validator(SCHEMAS[name], registry=REGISTRY)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_example_follows_its_schema(path: Path) -> None:
    validator_for(path).validate(json.loads(path.read_text()))


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_invalid_example_is_refused_for_its_field(path: Path) -> None:
    bad = json.loads(path.read_text())
    errors = list(validator_for(path).iter_errors(bad["document"]))
    assert errors
    named = {str(error.absolute_path[0]) if error.absolute_path else "" for error in errors}
    missing = any(f"'{bad['expect_field']}'" in error.message for error in errors)
    assert bad["expect_field"] in named or missing


def test_the_words_of_a_challenge_are_the_bridges() -> None:
    evidence = SCHEMAS["event.v1.schema.json"]["properties"]["evidence"]["anyOf"][0]
    challenge = evidence["properties"]["challenge"]["properties"]
    assert challenge["steps"]["items"]["enum"] == [str(step) for step in Step]
    assert challenge["failure"]["anyOf"][0]["enum"] == [str(one) for one in Failure]


def test_the_modes_of_attack_detection_are_the_bridges() -> None:
    gates = SCHEMAS["config.v1.schema.json"]["properties"]["gates"]["items"]["properties"]
    assert gates["pad"]["enum"] == [str(mode) for mode in PadMode]
    pads = SCHEMAS["event.v1.schema.json"]["properties"]["pad"]["anyOf"][0]["enum"]
    assert pads == [str(verdict) for verdict in PadVerdict]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one_and_has_an_example(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    stem = name.removesuffix(".schema.json")
    assert any(path.name.startswith(stem + ".") for path in VALID)


def signed_examples() -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = example("valid/events.v1.batch")["events"]
    return events


def test_hashes_are_the_published_ones() -> None:
    published = example("signing")["hashes"]
    alone = [json.loads(path.read_text()) for path in VALID if path.name.startswith("event.v1.")]
    found = {event["uuid"]: hash_of(event) for event in [*signed_examples(), *alone]}
    assert found == published


def test_examples_form_a_chain() -> None:
    events = signed_examples()
    before = [GENESIS] + [hash_of(event) for event in events[:-1]]
    assert [event["prev_hash"] for event in events] == before


def test_signatures_hold() -> None:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(example("signing")["signing_key"]))
    attack = example("valid/event.v1.presentation_attack")
    for event in [*signed_examples(), attack]:
        assert commitment_of(event) == event["commitment"]
        key.verify(base64.b64decode(event["signature"]), bytes.fromhex(hash_of(event)))


def test_chain_verifies_after_redaction() -> None:
    for event in signed_examples():
        redacted = event | dict.fromkeys((*PERSONAL, "salt"))
        assert hash_of(redacted) == hash_of(event)


def test_a_changed_person_breaks_the_commitment() -> None:
    event = signed_examples()[0] | {"employee": 18}
    assert commitment_of(event) != event["commitment"]


@pytest.mark.parametrize("change", [{"captured_at": "2026-11-20T07:57:04.123Z"}, {"seq": 2}])
def test_a_changed_fact_breaks_the_signature(change: dict[str, Any]) -> None:
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(example("signing")["signing_key"]))
    event = signed_examples()[0]
    with pytest.raises(InvalidSignature):
        key.verify(base64.b64decode(event["signature"]), bytes.fromhex(hash_of(event | change)))


def test_outcomes_are_those_of_the_schema() -> None:
    assert SCHEMAS["event.v1.schema.json"]["properties"]["outcome"]["enum"] == list(Outcome)


def test_a_published_gate_is_read() -> None:
    config = example("valid/config.v1.one_gate")
    gate = read_gate(config["gates"][0])
    assert (gate.vote.k, gate.vote.n, gate.timezone.key) == (3, 10, "Europe/Brussels")
    assert gate.clearance[0].tags == {2}
    assert (gate.door, gate.speech, gate.badge) == (DoorPolicy(), SpeechPolicy(), BadgeUse.OFF)


def test_the_bridge_reads_a_published_gate_with_outputs() -> None:
    gate = read_gate(example("valid/config.v1.outputs")["gates"][0])
    assert gate.door == DoorPolicy(fail_safe=True, emergency=True)
    assert gate.speech == SpeechPolicy(on=True, own_language=True)
    assert (gate.badge, gate.language) == (BadgeUse.AMBIGUOUS, "en-US")


def test_the_words_of_doors_and_badges_are_the_bridges() -> None:
    gates = SCHEMAS["config.v1.schema.json"]["properties"]["gates"]["items"]["properties"]
    assert gates["badge"]["enum"] == [str(one) for one in BadgeUse]
    told = SCHEMAS["heartbeat.v1.schema.json"]["properties"]["gates"]["items"]["properties"]
    assert told["door"]["enum"] == [*map(str, DoorState), None]
