"""Nothing that a caller sends is without an end: every list of every JSON body says how many there may be."""

import json
from collections.abc import Iterator
from typing import Any

from ledger.app import openapi_json


def endless(schemas: dict[str, Any], schema: Any, where: str, seen: set[str]) -> Iterator[str]:
    """Lists without `maxItems`, wherever they are below a body."""
    if isinstance(schema, list):
        for each in schema:
            yield from endless(schemas, each, where, seen)
        return
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            seen.add(name)
            yield from endless(schemas, schemas[name], name, seen)
    if schema.get("type") == "array" and "maxItems" not in schema:
        yield where
    for field, inner in schema.get("properties", {}).items():
        yield from endless(schemas, inner, f"{where}.{field}", seen)
    for word in ("items", "prefixItems", "anyOf", "oneOf", "allOf", "additionalProperties"):
        yield from endless(schemas, schema.get(word), where, seen)


def test_every_list_of_a_body_has_a_bound() -> None:
    document = json.loads(openapi_json())
    schemas, seen = document["components"]["schemas"], set[str]()
    bodies = [
        (f"{method} {path}", operation["requestBody"]["content"]["application/json"]["schema"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ]
    assert len(bodies) > 30
    assert [where for name, schema in bodies for where in endless(schemas, schema, name, seen)] == []
    unbounded = {"type": "object", "properties": {"many": {"type": "array", "items": {"type": "string"}}}}
    assert list(endless(schemas, unbounded, "body", set())) == ["body.many"], "and would be found"
