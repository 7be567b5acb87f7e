"""The parts of the OpenAPI description that types do not tell: scopes, bodies, refusals."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from device_bridge.api.answers import Error
from device_bridge.api.bodies import FORM, JSON, PICTURES
from device_bridge.domain.access import Scope

_BINARY = {"type": "string", "format": "binary"}
_FIELDS: dict[str, dict[str, Any]] = {
    "identify": {
        "frame": {
            "type": "array",
            "items": _BINARY,
            "description": "One to some pictures of the visit, oldest first. The gate's vote"
            " counts: as many of them as it asks for, or all, must agree.",
        },
        "encounter": {
            "type": "string",
            "format": "uuid",
            "description": "Of this visit, made by the caller, the same for every try.",
        },
        "final": {
            "type": "boolean",
            "description": "false: another try follows, so a stranger is not written yet.",
        },
        "after": {
            "type": "string",
            "format": "uuid",
            "description": "The visit that was told before this one. Whoever has not left since"
            " gets that answer again, and nothing is written.",
        },
        "challenge": {"type": "string", "description": "Of /v1/challenge, if it was answered."},
        "at_ms": {
            "type": "string",
            "description": "When each frame was taken, comma-separated milliseconds of any origin.",
        },
    },
    "verify": {
        "frame": {**_BINARY, "description": "The picture."},
        "employee": {"type": "integer", "description": "Database id of who it should be, or"},
        "reference": {**_BINARY, "description": "a second picture."},
    },
    "embed": {"frame": {**_BINARY, "description": "The picture."}},
    "capture": {
        "frame": {**_BINARY, "description": "The picture."},
        "capture": {
            "type": "string",
            "format": "uuid",
            "description": "Of this picture, made by the page; sent again, it is the same one.",
        },
    },
    "enrol": {
        "frame": {
            "type": "array",
            "items": _BINARY,
            "description": "One to twenty photos, of anybody.",
        },
        "threshold": {
            "type": "number",
            "description": "Similarity from which on a gate takes one for another; 0.95.",
        },
    },
    "rollcall": {
        "frame": {
            "type": "array",
            "items": _BINARY,
            "description": "One to six photos of many people.",
        },
        "threshold": {
            "type": "number",
            "description": "Similarity from which on somebody is named; 0.95.",
        },
    },
}
_REFUSALS = {
    400: "malformed: the field is named",
    401: "invalid_token, token_expired, client_revoked",
    403: "not_allowed: the token is for something else",
    408: "too_slow",
    413: "body_too_large",
    415: "wrong_type",
    422: "image_unreadable",
    500: "server_error: nothing was kept",
    503: "busy, starting, pad_unavailable, storage_full, odoo_unreachable: see Retry-After",
}
_WITHOUT_PICTURE = (400, 401, 403, 500, 503)


def call(
    scope: Scope | None,
    model: type | None,
    body: dict[str, Any] | None = None,
    *,
    query: tuple[str, ...] = (),
    public: bool = False,
) -> dict[str, Any]:
    """Arguments of a route: what it needs and how it may answer."""
    extra: dict[str, Any] = {"x-scope": None if public else str(scope or "any")}
    if not public:
        extra["security"] = [{"bearer": []}]
    if query:
        extra["parameters"] = [_parameter(name) for name in query]
    if body is not None:
        extra["requestBody"] = body
    statuses = _REFUSALS if body else _WITHOUT_PICTURE
    responses: dict[int | str, dict[str, Any]] = {
        status: {"model": Error, "description": _REFUSALS[status]} for status in statuses
    }
    return {
        "response_model": model,
        "responses": {} if public else responses,
        "openapi_extra": extra,
    }


def _parameter(name: str) -> dict[str, Any]:
    about = _FIELDS["identify"][name]
    described = {"description": about["description"], "schema": about}
    return {"name": name, "in": "query", "required": True, **described}


def picture_body(name: str) -> dict[str, Any]:
    """A picture alone, with the fields in the query; or a form with all of it."""
    form = {"type": "object", "properties": _FIELDS[name], "required": ["frame"]}
    alone = {kind: {"schema": _BINARY} for kind in PICTURES}
    return {"required": True, "content": {FORM: {"schema": form}, **alone}}


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """A JSON object, described where it is used."""
    return {"required": True, "content": {JSON: {"schema": model.model_json_schema()}}}
