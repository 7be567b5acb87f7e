"""The OpenAPI description as a page of plain HTML: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#8882;padding:.1rem .3rem}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;border-bottom:1px solid #8884;padding:.3rem .6rem}"
    "section{margin:2.5rem 0}"
)


def page(openapi: dict[str, Any]) -> str:
    """HTML for an OpenAPI 3.1 description."""
    info = openapi["info"]
    calls = "".join(
        _call(path, method, call)
        for path, methods in openapi["paths"].items()
        for method, call in methods.items()
    )
    schemas = "".join(
        _schema(name, schema) for name, schema in sorted(openapi["components"]["schemas"].items())
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title>"
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>"
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>"
        f"<p>Machine-readable: <a href='openapi.json'>openapi.json</a></p>"
        f"{calls}<h2>Bodies</h2>{schemas}</html>"
    )


def _call(path: str, method: str, call: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code><td>{escape(one.get('description', ''))}"
        for one in call.get("parameters", [])
    )
    sent = ", ".join(call.get("requestBody", {}).get("content", {}))
    answers = "".join(
        f"<tr><td>{escape(status)}<td>{escape(answer['description'])} {_named(answer)}"
        for status, answer in sorted(call["responses"].items())
    )
    return (
        f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
        f"<p>{escape(call.get('description', call.get('summary', '')))}</p>"
        + (f"<p>Body: {escape(sent)}</p>" if sent else "")
        + (f"<table>{rows}</table>" if rows else "")
        + f"<table><tr><th>Status<th>Answer{answers}</table></section>"
    )


def _named(answer: dict[str, Any]) -> str:
    for content in answer.get("content", {}).values():
        name = str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
        if name:
            return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    return ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code><td>{escape(_kind(about))}"
        f"<td>{escape(about.get('description', ''))}"
        for field, about in schema.get("properties", {}).items()
    )
    kinds = ", ".join(map(str, schema.get("enum", [])))
    return (
        f"<h3 id='{escape(name)}'>{escape(name)}</h3><p>{escape(schema.get('description', ''))}"
        f" {escape(kinds)}</p><table>{rows}</table>"
    )


def _kind(about: dict[str, Any]) -> str:
    if "$ref" in about:
        return str(about["$ref"]).rpartition("/")[2]
    if "anyOf" in about:
        return " or ".join(_kind(one) for one in about["anyOf"])
    if "enum" in about:
        return ", ".join(map(str, about["enum"]))
    if about.get("type") == "array":
        return f"list of {_kind(about.get('items', {}))}"
    return str(about.get("type", ""))
