"""The named types of the description: pairs as JSON Schema of 2020 says them, commands with and without their verb."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

REFS = "#/components/schemas/{name}"

_VERB = "verb"
_LISTED = "Command"
_REF = re.compile(rb'"#/components/schemas/([^"]+)"')


def described(components: Mapping[str, Any]) -> dict[str, Any]:
    """At its own address a command need not repeat its verb; in a list it goes by a name that ends in `Command`."""
    found: dict[str, Any] = {}
    for name, schema in components.items():
        if _VERB in schema.get("properties", {}):
            found[_listed(name)] = tidied(schema)
        if not name.endswith(_LISTED):
            found[name] = _without_verb(tidied(schema))
    return dict(sorted(found.items()))


def used(document: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """Those that something refers to, from the document on."""
    names: set[str] = set()
    waiting = _refs(document)
    while waiting:
        names |= waiting
        waiting = {ref for name in waiting for ref in _refs(components[name])} - names
    return {name: schema for name, schema in components.items() if name in names}


def tidied(schema: Any) -> Any:
    """Pairs are `prefixItems`, what may be null says so, and a list of commands refers to those with a verb."""
    if isinstance(schema, list):
        return [tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: tidied(value) for name, value in schema.items()}
    if inner.pop("nullable", False):
        inner["type"] = [inner["type"], "null"]
    if isinstance(inner.get("items"), list):
        inner["prefixItems"] = inner["items"]
        inner["items"] = False
    if inner.get("discriminator", {}).get("propertyName") == _VERB:
        inner["anyOf"] = [{"$ref": _listed(choice["$ref"])} for choice in inner["anyOf"]]
        inner["discriminator"]["mapping"] = {
            verb: _listed(ref) for verb, ref in inner["discriminator"]["mapping"].items()
        }
    return inner


def _without_verb(schema: dict[str, Any]) -> dict[str, Any]:
    if _VERB not in schema.get("properties", {}):
        return schema
    properties = {name: value for name, value in schema["properties"].items() if name != _VERB}
    required = [name for name in schema.get("required", ()) if name != _VERB]
    return {**schema, "properties": properties, "required": required}


def _listed(name: str) -> str:
    return name if name.endswith(_LISTED) else f"{name}{_LISTED}"


def _refs(part: object) -> set[str]:
    return {name.decode() for name in _REF.findall(msgspec.json.encode(part))}
