"""The promises under schemas/ are what the types say, and the rule files keep them."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from ledger.actions.read_yaml import plain, read_yaml
from ledger.core.word import CHOICES, WORDS
from ledger.db.binaries import find_binaries
from ledger.db.schema_text import heading, schema_text
from ledger.schemas import DATABASE, DOCUMENTS, document_schema, promises, write_schemas
from tests.village import Database

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", sorted(promises()))
def test_a_promise_is_regenerated_to_the_letter(name: str) -> None:
    assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == promises()[name](), (
        f"schemas/{name} has drifted: run `python -m ledger.schemas`"
    )


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_every_field_is_told_in_both_languages(name: str) -> None:
    for part, schema in document_schema(name)["$defs"].items():
        for field, inner in schema.get("properties", {}).items():
            zh, _, en = inner["description"].partition(" / ")
            assert zh and en, f"{part}.{field}"


def test_every_word_of_a_closed_list_is_told() -> None:
    for name in DOCUMENTS:
        for part, schema in document_schema(name)["$defs"].items():
            if "enum" in schema and part != "Reason":
                assert set(schema["enum"]) == set(CHOICES[part])


def test_no_word_is_told_that_nobody_can_write() -> None:
    written = {part for name in DOCUMENTS for part in document_schema(name)["$defs"]}
    fields = {
        field
        for name in DOCUMENTS
        for schema in document_schema(name)["$defs"].values()
        for field in schema.get("properties", {})
    }
    for name in WORDS:
        part, _, field = name.rpartition(".")
        assert (part in written and field in fields) if part else (name in fields or name in written)


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_schemas_name_what_they_refer_to(name: str) -> None:
    schema = document_schema(name)
    for part in json.dumps(schema).split('"#/$defs/')[1:]:
        assert part.split('"')[0] in schema["$defs"]


def test_rule_files_are_valid_under_the_schema_that_they_name() -> None:
    validators = {name: jsonschema_rs.validator_for(document_schema(name)) for name in DOCUMENTS}
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        place = (path.parent / first.removeprefix("# yaml-language-server: $schema=")).resolve()
        assert place.parent == ROOT / "schemas", path
        errors = [str(error) for error in validators[place.name].iter_errors(plain(read_yaml(path.read_bytes())))]
        assert errors == [], path


def test_an_unknown_word_is_underlined() -> None:
    book = plain(read_yaml((ROOT / "rules/fuxi/rulebook/2026-09.yaml").read_bytes()))
    book["rules"][0]["gives"][0]["value"]["kind"] = "fixd"
    assert not jsonschema_rs.validator_for(document_schema("rulebook.json")).is_valid(book)


def test_writing_twice_changes_nothing(tmp_path: Path) -> None:
    assert set(write_schemas(tmp_path)) == set(promises())
    assert write_schemas(tmp_path) == ()


def test_the_tables_are_told_to_the_letter(database: Database) -> None:
    """The migrations are the truth; the file is for those who read what they come to."""
    told, binaries = (ROOT / "schemas" / DATABASE).read_text(encoding="utf-8"), find_binaries()
    if not told.startswith(heading(binaries)):
        major = f"PostgreSQL {binaries.major} writes"
        assert major not in told.splitlines()[1], "schemas/database.sql has drifted: run `python -m ledger.schemas`"
        pytest.skip("another PostgreSQL than the one that comes along writes the same tables differently")
    assert told == schema_text(database.admin_url, binaries)
    for table in ("journal", "entry", "balance", "idempotency_key"):
        assert f"CREATE TABLE ledger.{table} (" in told
    assert "CREATE FUNCTION ledger.lock_needs(" in told and "CREATE POLICY own_programmes ON ledger.entry" in told
