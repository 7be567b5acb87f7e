"""The part of JSON Schema that wire/ uses: enough to hold our answers to it, without a package
that Odoo does not bring."""

import json
import re
from pathlib import Path

WIRE = Path(__file__).resolve().parents[2] / "wire"
TYPES = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def faults(document, name):
    """Where `document` breaks wire/<name>.schema.json, as sentences; [] when it does not."""
    return list(_faults(document, json.loads((WIRE / f"{name}.schema.json").read_text()), "$"))


def _faults(value, schema, where):
    if "$ref" in schema:
        schema = json.loads((WIRE / schema["$ref"]).read_text())
    if "anyOf" in schema and all(list(_faults(value, one, where)) for one in schema["anyOf"]):
        yield f"{where}: {value!r} is none of what is allowed"
    if "type" in schema and not _is_type(value, schema["type"]):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not in {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str):
        yield from _text_faults(value, schema, where)
    elif isinstance(value, dict):
        yield from _object_faults(value, schema, where)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _faults(item, schema.get("items", {}), f"{where}[{number}]")
    elif _is_type(value, "number"):
        yield from _number_faults(value, schema, where)


def _text_faults(value, schema, where):
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**9):
        yield f"{where}: {value!r} has the wrong length"


def _number_faults(value, schema, where):
    if not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{where}: {value!r} is out of range"


def _object_faults(value, schema, where):
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where}.{name} is missing"
    for name, item in value.items():
        yield from _faults(item, schema.get("properties", {}).get(name, {}), f"{where}.{name}")


def _is_type(value, types):
    names = [types] if isinstance(types, str) else types
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in names
    )
