"""Writes the promises under schemas/ from the types: what an editor completes, what a caller may rely on."""

import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from ledger.api.openapi import receipt_schema
from ledger.app import openapi_json
from ledger.core.event import Events
from ledger.core.item import Catalogue
from ledger.core.programme import Programme
from ledger.core.rulebook import Rulebook
from ledger.core.word import CHOICES, word
from ledger.db.binaries import find_binaries
from ledger.db.embedded import open_database
from ledger.db.migrate import migrate
from ledger.db.schema_text import heading, schema_text
from ledger.db.service_role import connect

DRAFT = "https://json-schema.org/draft/2020-12/schema"
DATABASE = "database.sql"
DOCUMENTS: dict[str, tuple[type[msgspec.Struct], str]] = {
    "rulebook.json": (Rulebook, "规则手册 / rulebook"),
    "programme.json": (Programme, "积分方案 / programme"),
    "catalogue.json": (Catalogue, "兑换目录 / catalogue"),
    "events.json": (Events, "事件 / events"),
}


def document_schema(name: str) -> dict[str, Any]:
    """The schema of one kind of file, each field with its meaning in both languages."""
    kind, title = DOCUMENTS[name]
    (reference,), parts = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    for part, schema in parts.items():
        _tell(part, schema)
    return {"$schema": DRAFT, "title": title, **reference, "$defs": dict(sorted(parts.items()))}


def promises() -> dict[str, Callable[[], str]]:
    """Each file under schemas/ and what writes its text."""
    return {
        **{name: _writer(name) for name in DOCUMENTS},
        "openapi.json": lambda: as_text(json.loads(openapi_json())),
        "receipt.json": lambda: as_text(receipt_schema()),
    }


def write_schemas(folder: Path) -> tuple[str, ...]:
    """Writes every promise; answers the names of those that changed."""
    changed = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in promises().items():
        path, new = folder / name, text()
        if not path.exists() or path.read_text(encoding="utf-8") != new:
            path.write_text(new, encoding="utf-8")
            changed.append(name)
    return tuple(changed)


def write_database_schema(folder: Path) -> tuple[str, ...]:
    """The tables that all migrations make, from a database made for that alone; nothing to do where none is new."""
    path, binaries = folder / DATABASE, find_binaries()
    if path.exists() and path.read_text(encoding="utf-8").startswith(heading(binaries)):
        return ()
    with tempfile.TemporaryDirectory(prefix="ledger-schema-", dir="/tmp") as place:
        Path(place).chmod(0o711)
        with open_database(Path(place) / "data", binaries=binaries) as database:
            asyncio.run(_migrate(database.admin_url))
            path.write_text(schema_text(database.admin_url, binaries), encoding="utf-8")
    return (DATABASE,)


async def _migrate(url: str) -> None:
    connection = await connect(url)
    await migrate(connection)
    await connection.close()


def as_text(schema: Any) -> str:
    """Stable and readable: the same schema is the same text."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def _writer(name: str) -> Callable[[], str]:
    return lambda: as_text(document_schema(name))


def _tell(part: str, schema: dict[str, Any]) -> None:
    """What a type and each of its fields mean. Nothing may be left empty, so `null` is not offered."""
    if "enum" in schema:
        meanings = CHOICES.get(part, {})
        told = [
            f"{value}: {meanings[value].zh} / {meanings[value].en}" for value in schema["enum"] if value in meanings
        ]
        schema["description"] = "; ".join(told) or schema.get("description", part)
        return
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    schema.setdefault("additionalProperties", False)
    for field, inner in schema.get("properties", {}).items():
        _drop_null(inner)
        if field == "kind" and "enum" in inner:
            inner["description"] = "种类 / which of the kinds it is"
            continue
        meaning = word(part, field)
        inner["title"] = field
        inner["description"] = f"{meaning.zh} / {meaning.en}"


def _drop_null(schema: dict[str, Any]) -> None:
    """A field that may be left out is left out; it is never written as null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if choices:
        schema["anyOf"] = choices
    if len(choices) == 1:
        del schema["anyOf"]
        schema.update(choices[0])
    if schema.get("default", ...) is None:
        del schema["default"]


if __name__ == "__main__":
    print(*write_schemas(Path("schemas")), *write_database_schema(Path("schemas")), sep="\n")
