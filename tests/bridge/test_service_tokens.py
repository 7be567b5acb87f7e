"""Every call × every kind of token: who is let in, and for what."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from device_bridge.api.errors import NotAllowed, TokenRefused
from device_bridge.api.tokens import check_claims
from device_bridge.domain.access import PROGRAM_SCOPES, Scope, read_access
from device_bridge.fakes.recognition import vector_of
from tests.bridge.service import ANN, BEN, ENCOUNTER, GATE, Odoo, Service, bearer, picture
from tests.builders import example, gate

SENT = {
    "/v1/identify": {"params": {"encounter": ENCOUNTER}},
    "/v1/verify": {"params": {"employee": str(ANN)}},
    "/v1/challenge": {"params": {"encounter": ENCOUNTER}},
}
VECTOR = base64.b64encode(vector_of(ANN).astype("<f4").tobytes()).decode()
SENT_JSON = {"/v1/lookalikes": {"json": {"templates": [{"group": "a", "vector": VECTOR}]}}}
SCOPES = [str(scope) for scope in Scope]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.close()


@pytest.fixture(scope="module")
def routes(service: Service) -> list[tuple[str, str, str]]:
    """(method, path, scope) of every call that needs a token, as the service itself says."""
    paths = service.client.get("/openapi.json").json()["paths"]
    return [
        (method.upper(), path, call["x-scope"])
        for path, methods in paths.items()
        for method, call in methods.items()
        if path != "/v1/health"
    ]


def ask(service: Service, method: str, path: str, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    options: dict[str, Any] = dict(SENT.get(path) or SENT_JSON.get(path) or {})
    if method == "POST" and path not in SENT_JSON:
        headers["Content-Type"] = "image/png"
        options["content"] = picture(ANN)
    return service.client.request(method, path, headers=headers, **options)


def refused(answer: httpx.Response) -> tuple[int, str]:
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "field"}
    return answer.status_code, body["error"]["code"]


def without_gate(odoo: Odoo, scope: str) -> str:
    return odoo.token(scope, gate=None, client="fc_door")


def test_every_call_but_health_needs_a_token(
    service: Service, routes: list[tuple[str, str, str]]
) -> None:
    assert len(routes) == 11
    for method, path, _ in routes:
        for header in (None, "", "Bearer", "Basic YTpi", "Token x", "Bearer x.y.z"):
            answer = ask(service, method, path, header)
            assert refused(answer) == (401, "invalid_token"), (path, header)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scope", sorted(PROGRAM_SCOPES))
def test_a_token_opens_the_calls_of_its_scope_and_no_other(
    service: Service, routes: list[tuple[str, str, str]], scope: str
) -> None:
    token = f"Bearer {service.odoo.token(scope, client='fc_door')}"
    for method, path, needed in routes:
        answer = ask(service, method, path, token)
        if needed not in {scope, "any"}:
            assert refused(answer) == (403, "not_allowed"), path
        elif path == "/v1/challenge":
            assert "asks for no challenge" in answer.json()["error"]["message"]
        else:
            assert answer.status_code == 200, (path, answer.text)


def test_a_browser_gets_no_vectors_and_no_figures_whatever_its_token_says(
    service: Service, routes: list[tuple[str, str, str]]
) -> None:
    everything = f"Bearer {service.odoo.token(' '.join(SCOPES))}"
    closed = {p for m, p, _ in routes if ask(service, m, p, everything).status_code == 403}
    elsewhere = {"/v1/capture", "/v1/embed", "/v1/enrol", "/v1/lookalikes", "/metrics"}
    elsewhere.add("/v1/rollcall")
    assert closed == elsewhere | {"/v1/challenge"}


def test_a_kiosk_learns_nothing_that_its_screen_does_not_show(service: Service) -> None:
    answer = ask(service, "POST", "/v1/identify", f"Bearer {service.odoo.token('identify')}")
    assert set(answer.json()) == {
        "outcome", "needs", "person", "similarity", "pad", "quality", "box", "guidance",
        "challenge", "event", "captured_at",
    }  # fmt: skip
    assert "Ben" not in answer.text
    assert "vector" not in answer.text


Change = Callable[[Odoo, dict[str, Any]], str]


def changed(**changes: Any) -> Change:
    return lambda odoo, claims: odoo.sign(claims | changes)


def without(name: str) -> Change:
    return lambda odoo, claims: odoo.sign({k: v for k, v in claims.items() if k != name})


def by_another_key(odoo: Odoo, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, Ed25519PrivateKey.generate(), "EdDSA", {"kid": "k1"})


def unsigned(odoo: Odoo, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, None, "none", {"kid": "k1"})


def with_the_public_key_as_secret(odoo: Odoo, claims: dict[str, Any]) -> str:
    secret = odoo.keys["k1"].public_key().public_bytes_raw()
    return jwt.encode(claims, secret, "HS256", {"kid": "k1"})


def by_rsa(odoo: Odoo, claims: dict[str, Any]) -> str:
    return jwt.encode(claims, generate_private_key(65537, 2048), "RS256", {"kid": "k1"})


def head_changed(**head: Any) -> Change:
    def sign(odoo: Odoo, claims: dict[str, Any]) -> str:
        key = Ed25519PrivateKey.generate() if "jwk" in head else odoo.keys["k1"]
        return jwt.encode(claims, key, "EdDSA", {"kid": "k1"} | head)

    return sign


def part_changed(odoo: Odoo, claims: dict[str, Any]) -> str:
    head, _, signature = odoo.sign(claims).split(".")
    richer = json.dumps(claims | {"scope": "embed"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(richer).decode().rstrip('=')}.{signature}"


BAD_TOKENS: Mapping[str, tuple[Change, int, str]] = {
    "expired": (changed(iat=0, exp=60), 401, "token_expired"),
    "of the future": (changed(iat=4_000_000_000, exp=4_000_000_060), 401, "invalid_token"),
    "not yet valid": (changed(nbf=4_000_000_000), 401, "invalid_token"),
    "for another service": (changed(aud="https://other.example"), 401, "invalid_token"),
    "for several services": (changed(aud=["https://face.example", "x"]), 401, "invalid_token"),
    "of another database": (changed(iss="00000000-0000"), 401, "invalid_token"),
    "for ever": (without("exp"), 401, "invalid_token"),
    "without issue time": (without("iat"), 401, "invalid_token"),
    "without issuer": (without("iss"), 401, "invalid_token"),
    "without audience": (without("aud"), 401, "invalid_token"),
    "without subject": (without("sub"), 401, "invalid_token"),
    "with a time that is none": (changed(exp="soon"), 401, "invalid_token"),
    "with times that are fractions": (
        lambda odoo, c: odoo.sign(c | {"exp": c["exp"] + 0.5}), 401, "invalid_token",
    ),
    "for longer than a browser's": (
        lambda odoo, c: odoo.sign(c | {"exp": c["iat"] + 121}), 401, "invalid_token",
    ),
    "for longer than a program's": (
        lambda odoo, c: odoo.sign(c | {"exp": c["iat"] + 3601, "client_id": "fc_door"}),
        401, "invalid_token",
    ),
    "of a client that was revoked": (changed(client_id="fc_gone"), 401, "client_revoked"),
    "of a client that is none": (changed(client_id=["fc_door"]), 401, "client_revoked"),
    "of another company": (changed(company=8), 403, "not_allowed"),
    "without company": (without("company"), 403, "not_allowed"),
    "for a gate elsewhere": (changed(gate=99), 403, "not_allowed"),
    "for a gate that is none": (changed(gate="1"), 403, "not_allowed"),
    "of a browser at no gate": (without("gate"), 403, "not_allowed"),
    "without scope": (without("scope"), 403, "not_allowed"),
    "with a scope that is none": (changed(scope=["identify"]), 403, "not_allowed"),
    "signed by somebody else": (by_another_key, 401, "invalid_token"),
    "unsigned": (unsigned, 401, "invalid_token"),
    "HS256 with our public key": (with_the_public_key_as_secret, 401, "invalid_token"),
    "RS256": (by_rsa, 401, "invalid_token"),
    "changed after signing": (part_changed, 401, "invalid_token"),
    "of an unknown key": (head_changed(kid="k2"), 401, "invalid_token"),
    "of a key that is a path": (head_changed(kid="../../dev/null"), 401, "invalid_token"),
    "with its own key": (
        head_changed(kid="x", jwk={"kty": "OKP", "crv": "Ed25519", "x": ""}), 401, "invalid_token",
    ),
    "critical extensions": (head_changed(crit=["b64"], b64=False), 401, "invalid_token"),
    "huge": (changed(sub="x" * 5000), 401, "invalid_token"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_bad_token_opens_nothing(
    service: Service, routes: list[tuple[str, str, str]], name: str
) -> None:
    make, status, code = BAD_TOKENS[name]
    for method, path, scope in routes:
        claims = service.odoo.claims("identify" if scope == "any" else scope)
        answer = ask(service, method, path, f"Bearer {make(service.odoo, claims)}")
        if scope == "any" and name in {"without scope", "with a scope that is none"}:
            assert answer.status_code == 200, "any token that holds will do"
            continue
        assert refused(answer) == (status, code), path


def test_keys_are_replaced_without_a_restart() -> None:
    service = Service()
    odoo = service.odoo
    old = odoo.token("identify")
    odoo.keys["k2"] = Ed25519PrivateKey.generate()
    new = odoo.sign(odoo.claims("identify"), "k2")

    def statuses() -> list[int]:
        both = (old, new)
        return [service.client.get("/v1/models", headers=bearer(one)).status_code for one in both]

    assert statuses() == [200, 200]
    del odoo.keys["k1"]
    assert statuses() == [401, 200]
    service.close()


def test_a_client_s_rights_are_those_of_now_not_of_its_token() -> None:
    service = Service()
    token = without_gate(service.odoo, "embed metrics")
    assert service.post("/v1/embed", token, picture(ANN)).status_code == 200
    service.odoo.clients["fc_door"] = frozenset({Scope.METRICS})
    assert refused(service.post("/v1/embed", token, picture(ANN))) == (403, "not_allowed")
    del service.odoo.clients["fc_door"]
    assert refused(service.post("/v1/embed", token, picture(ANN))) == (401, "client_revoked")
    service.close()


def test_before_the_first_sync_nobody_is_let_in_and_told_why() -> None:
    service = Service()
    token = service.odoo.token("identify")
    service.synced = False
    answer = service.post("/v1/identify", token, picture(BEN), params={"encounter": ENCOUNTER})
    assert refused(answer) == (503, "starting")
    service.synced = True
    answer = service.post("/v1/identify", token, picture(BEN), params={"encounter": ENCOUNTER})
    assert answer.json()["person"]["display_name"] == "Ben"
    service.close()


def test_a_gate_taken_away_takes_its_kiosk_s_tokens_along() -> None:
    service = Service()
    token = service.odoo.token("identify")
    service.gates.clear()
    assert refused(service.client.get("/v1/models", headers=bearer(token))) == (403, "not_allowed")
    service.gates[GATE] = gate(id=GATE)
    assert service.client.get("/v1/models", headers=bearer(token)).status_code == 200
    service.close()


def test_the_published_credentials_are_read() -> None:
    access = read_access(example("valid/config.v1.service"))
    assert access is not None
    assert (access.audience, access.company) == ("https://face.example", 1)
    assert access.clients == {
        "fc_0123456789abcdef01234567": frozenset({Scope.IDENTIFY, Scope.METRICS})
    }
    assert [len(key) for key in (*access.keys.values(), *access.replicas.values())] == [32, 32]


def test_a_device_without_an_address_serves_nobody() -> None:
    assert read_access(example("valid/config.v1.one_gate")) is None


@pytest.mark.parametrize("key", ["", "AAAA", "not base64"])
def test_a_key_that_is_none_is_an_error(key: str) -> None:
    config = example("valid/config.v1.service")
    config["service"]["keys"][0]["public_key"] = key
    with pytest.raises(ValueError, match=r"32 bytes|base64|padding|Non-base64"):
        read_access(config)


def test_scopes_of_a_later_version_grant_nothing() -> None:
    config = example("valid/config.v1.service")
    config["service"]["clients"][0]["scopes"] = ["teleport"]
    access = read_access(config)
    assert access is not None
    [client] = access.clients
    claims = {"sub": "x", "iat": 0, "exp": 60, "company": 1, "client_id": client}
    grant = check_claims(claims | {"scope": "teleport identify"}, access, [])
    assert grant.scopes == frozenset()
    with pytest.raises(NotAllowed):
        check_claims(claims | {"company": 2}, access, [])
    with pytest.raises(TokenRefused):
        check_claims(claims | {"exp": 3601}, access, [])
