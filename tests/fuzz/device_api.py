"""Hostile requests to the device API: a pure function of a seed.

Every body is one of wire/'s valid examples with wounds: values that have broken servers
before, other companies' ids, fields removed, added and repeated; or no JSON at all.
"""

from __future__ import annotations

import copy
import json
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.builders import ROOT

CALLS = {
    "pair": "pair.v1.request",
    "token": "token.v1.request",
    "events": "events.v1.batch",
    "enrolments": "enrolments.v1.one",
    "erasures": "erasures.v1.two",
    "heartbeat": "heartbeat.v1.outbox",
    "rotation": "rotation.v1.keys",
    "unlock": "rotation.v1.token",
}
METHODS = ("POST", "POST", "POST", "POST", "POST", "GET", "PUT", "DELETE", "PATCH", "HEAD")
NASTY: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31 - 1, 2**31, 2**53, 2**63, -(2**63), 10**400, 0.1, -0.0,
    1e308, 1e-308, "", " ", "\x00", "\ud800", "a" * 5000, "😀" * 200, "../../etc/passwd", "%s%n",
    "'; DROP TABLE hr_face_event; --", "<script>", "{{7*7}}", "null", "2026-02-30T00:00:00.000Z",
    "9999-12-31T23:59:59.999Z", "0000-00-00T00:00:00.000Z", "1970-01-01T00:00:00.000Z", [], {},
    [[]], [None] * 300, {"a": {"b": {"c": []}}}, {"\x00": 1}, "NaN",
)  # fmt: skip


@dataclass(frozen=True)
class Request:
    """Attributes:
    token: "own", "none" or a made-up one.
    """

    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    token: str


def requests(seed: int, count: int, foreign: list[int]) -> Iterator[Request]:
    """So many requests, the same for the same seed.

    Args:
        foreign: ids of another company's records.
    """
    chance = random.Random(seed)
    valid = {
        call: json.loads((ROOT / "wire" / "examples" / "valid" / f"{name}.json").read_text())
        for call, name in CALLS.items()
    }
    for _ in range(count):
        call = chance.choice([*CALLS, "config", "gallery", "nothing"])
        document = copy.deepcopy(valid.get(call, {}))
        for _ in range(chance.choice([0, 1, 1, 1, 2, 4, 8])):
            document = wounded(document, chance, foreign)
        yield Request(
            chance.choice(METHODS) if call in CALLS else chance.choice(["GET", "GET", "POST"]),
            path_of(call, chance),
            body_of(document, chance),
            headers_of(chance),
            chance.choice(["own"] * 8 + ["none", "fd_" + "A" * 43]),
        )


def wounded(document: Any, chance: random.Random, foreign: list[int]) -> Any:
    """The document with one value somewhere in it replaced, removed, added or repeated."""
    places = list(_places(document))
    if not places:
        return chance.choice(NASTY)
    holder, key = chance.choice(places)
    match chance.choice(["nasty", "nasty", "foreign", "remove", "add", "repeat", "swap"]):
        case "nasty":
            holder[key] = copy.deepcopy(chance.choice(NASTY))
        case "foreign":
            holder[key] = chance.choice(foreign)
        case "remove":
            del holder[key]
        case "add" if isinstance(holder, dict):
            name = "".join(chance.choices(string.printable, k=chance.randint(1, 40)))
            holder[name] = copy.deepcopy(chance.choice(NASTY))
        case "repeat" if isinstance(holder, list):
            holder += [copy.deepcopy(holder[key]) for _ in range(chance.choice([1, 10, 250]))]
        case _:
            holder[key] = str(holder[key]) if not isinstance(holder[key], str) else 7
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items: Any = ()
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, item in items:
        yield value, key
        yield from _places(item)


def path_of(call: str, chance: random.Random) -> str:
    query = {
        "gallery": ["", "?cursor=", "?cursor=1.x.9", "?cursor=" + "9" * 3000, "?cursor=%00%ff"],
    }.get(call, ["", "", "", "?x=%00", "?debug=1&db=other"])
    return f"/hr_face_attendance/v1/{call}{chance.choice(query)}"


def body_of(document: Any, chance: random.Random) -> bytes:
    text = json.dumps(document)
    match chance.randrange(20):
        case 0:
            return chance.randbytes(chance.randint(0, 2000))
        case 1:
            return text.encode()[: chance.randint(0, len(text))]
        case 2:
            return b"[" * 50_000
        case 3:
            return b" " * chance.choice([70_000, 1_100_000, 2_200_000]) + text.encode()
        case 4:
            return text.encode("utf-16")
        case _:
            return text.encode()


def headers_of(chance: random.Random) -> dict[str, str]:
    match chance.randrange(10):
        case 0:
            return {"Content-Type": "text/plain"}
        case 1:
            return {"Content-Type": "application/x-www-form-urlencoded"}
        case 2:
            return {"Content-Type": "application/json; charset=utf-99", "X-Odoo-Database": "other"}
        case 3:
            return {"If-None-Match": '"' + "x" * 3000, "Cookie": "session_id=1; frontend_lang=xx"}
        case _:
            return {"Content-Type": "application/json"}
