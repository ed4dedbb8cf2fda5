"""The guide for people who write rules names every word, and its examples can be read."""

import re
from pathlib import Path

import pytest

from ledger.actions.read_yaml import read_yaml
from ledger.schemas import DOCUMENTS, document_schema

RULES = Path(__file__).parents[1] / "rules"
GUIDE = (RULES / "README.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`]+)`", re.sub("```.*?```", "", GUIDE, flags=re.DOTALL))
WORDS_OF_GUIDE = {word for quoted in QUOTED for word in re.findall(r"[a-z_]+", quoted)}
EXAMPLES = [line.split("|")[1].strip().strip("`") for line in GUIDE.splitlines() if line.startswith("| `")]


def vocabulary() -> set[str]:
    """Every field, kind and closed word of all documents; reasons have their own page."""
    words: set[str] = set()
    for name in DOCUMENTS:
        for part, schema in document_schema(name)["$defs"].items():
            if part == "Reason":
                continue
            words |= set(schema.get("enum", ()))
            for field, inner in schema.get("properties", {}).items():
                words.add(field)
                words |= set(inner["enum"]) if field == "kind" and "enum" in inner else set()
    return words


def test_every_word_of_the_vocabulary_is_in_the_guide() -> None:
    assert vocabulary() - WORDS_OF_GUIDE == set()


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_of_the_guide_can_be_read(example: str) -> None:
    [word] = read_yaml(example.encode()).value
    assert word in vocabulary()


def test_every_example_is_told_in_both_languages() -> None:
    for line in GUIDE.splitlines():
        if line.startswith("| `"):
            _, _, zh, en, _ = line.split("|")
            assert any("\u4e00" <= letter <= "\u9fff" for letter in zh) and re.search("[a-z]", en), line


def test_the_guide_knows_the_folders() -> None:
    last = GUIDE.split("## 真实的细则")[1]
    for name in re.findall(r"`([a-z-]+)`", last):
        assert (RULES / name / "programme.yaml").is_file(), name
