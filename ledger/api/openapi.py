"""The API described: OpenAPI 3.1, made of the very types that requests are decoded by."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, get_args

import msgspec

from ledger.api.components import REFS, described, tidied, used
from ledger.core.transaction import Receipt
from ledger.hall.access import LOADED, Access
from ledger.hall.audited import HEADER, PERSONAL_READS
from ledger.hall.call import Route
from ledger.hall.decode import CSV, JSON, PATH_PART, YAML, Parameter
from ledger.hall.html import Html
from ledger.hall.plain import Csv, Plain

TITLE = "Points Ledger / 积分账本"
PROBLEM_JSON = "application/problem+json"
_RAW_SCHEMAS = {YAML: {"type": "string"}, CSV: {"type": "string"}, JSON: {"type": "object"}}
_TEXTS: dict[Any, str] = {Html: "text/html", Plain: "text/plain", Csv: "text/csv"}
_INTRODUCTION = """\
Every command that moves points or stock needs an `Idempotency-Key`; the same key and body answer the same receipt,
with `Idempotency-Replayed: true`. Everything that is not a success is `application/problem+json` in the language of
`Accept-Language` (zh-CN or en), with a `code` to branch on. Checks come in this order: decode, authenticate,
authorise, replay, find, state, limits, balance. The header `Request-Timeout` says in seconds how long to wait for an
answer (10 unless told, at most 120); then it is 503, and the same key asks what became of it. `?dry_run=true` tries a
command and keeps nothing, marked `Dry-Run: true`. Amounts are whole numbers of a unit's smallest part. The day
9999-01-01 means never.
"""


_AUDIT_REASON = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "Why this is asked or done, for auditors: one line, as percent-encoded UTF-8.",
    "schema": {"type": "string", "pattern": "^([A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}){1,600}$"},
}


def openapi_document(routes: Mapping[tuple[str, str], Route], *, version: str, problem: type) -> dict[str, Any]:
    """`problem` is the body of every answer that is not a success; the roof knows it."""
    types = _types(routes, problem)
    references, components = msgspec.json.schema_components(types, ref_template=REFS)
    by_type = dict(zip(types, references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for (method, _), route in sorted(routes.items(), key=lambda item: (item[1].template, item[0])):
        paths.setdefault(route.template, {})[method.lower()] = _operation(method, route, by_type, problem)
    document = {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": version, "description": _INTRODUCTION},
        "servers": [{"url": "/"}],
        "paths": paths,
    }
    keys = {"key": {"type": "http", "scheme": "bearer", "description": "pl_…"}}
    schemas = used(document, described(components))
    return {**document, "components": {"schemas": schemas, "securitySchemes": keys}}


def receipt_schema() -> dict[str, Any]:
    """The receipt by itself, for those who check receipts without the API."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **tidied(msgspec.json.schema(Receipt))}


def _types(routes: Mapping[tuple[str, str], Route], problem: type) -> list[Any]:
    found: dict[Any, None] = {problem: None}
    for route in routes.values():
        for wanted in (route.intake.body_type, *_alternatives(route.answer_type)):
            if wanted is not None:
                found.setdefault(wanted)
    return list(found)


def _operation(method: str, route: Route, schemas: Mapping[Any, Any], problem: type) -> dict[str, Any]:
    intake = route.intake
    said = route.description.strip()
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [route.tag],
        "summary": said.partition("\n")[0],
        "description": f"{said}\n\n{_roles(route.access)}",
        "security": [] if route.access.is_public else [{"key": []}],
        "parameters": [
            *(_path_parameter(name) for name in intake.path),
            *(_parameter(parameter, "query") for parameter in intake.query),
            *(_parameter(parameter, "header") for parameter in intake.headers),
            *([_AUDIT_REASON] if _takes_reason(method, route) else []),
        ],
    }
    if intake.body_decoder is not None:
        content = {type: {"schema": schemas[intake.body_type]} for type in intake.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    elif intake.media_types:
        content = {type: {"schema": _RAW_SCHEMAS.get(type, {})} for type in intake.media_types}
        operation["requestBody"] = {"required": True, "content": content}
    answers = [schemas[alternative] for alternative in _alternatives(route.answer_type)]
    done: dict[str, Any] = {"description": "Done"}
    if route.answer_type in _TEXTS:
        done["content"] = {_TEXTS[route.answer_type]: {"schema": {"type": "string"}}}
    elif answers:
        done["content"] = {JSON: {"schema": answers[0] if len(answers) == 1 else {"anyOf": answers}}}
    refused: dict[str, Any] = {PROBLEM_JSON: {"schema": schemas[problem]}}
    if route.answer_type is Html:
        refused[_TEXTS[Html]] = {"schema": {"type": "string"}}
    operation["responses"] = {
        str(route.status): done,
        "default": {"description": "Refused", "content": refused},
    }
    if any(parameter.name == "dry_run" for parameter in intake.query):
        operation["responses"].setdefault("200", {**done, "description": "What would be done, by a dry run"})
    return operation


def _takes_reason(method: str, route: Route) -> bool:
    """Changes, and reads of what is about persons, by whoever has a key."""
    return not route.access.is_public and (method != "GET" or route.template in PERSONAL_READS)


def _alternatives(answer_type: Any) -> tuple[Any, ...]:
    """The types of a union by themselves: what is only ever encoded needs no tags to tell it apart."""
    if answer_type is None or answer_type in _TEXTS:
        return ()
    return get_args(answer_type) if isinstance(answer_type, UnionType) else (answer_type,)


def _roles(access: Access) -> str:
    if access.is_public:
        return "For everybody, without a key."
    words = [", ".join(sorted(access.all))] if access.all else []
    words += [
        f"{role} (its own{'' if field == LOADED else f', by `{field}`'})" for role, field in sorted(access.own.items())
    ]
    return f"Roles: {'; '.join(words)}."


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": f"^{PATH_PART}$"}}


def _parameter(parameter: Parameter, where: str) -> dict[str, Any]:
    schema = tidied(msgspec.json.schema(parameter.type))
    return {"name": parameter.name, "in": where, "required": parameter.is_required, "schema": schema}


def answer_type_of(annotation: Any) -> Any:
    """`Response[T]` answers a T; bytes are a page and no JSON."""
    inner = get_args(annotation)
    return None if not inner or inner[0] is bytes else inner[0]
