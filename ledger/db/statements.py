"""Reads `noun.sql` beside a module: each statement stands below a line `-- name: verb_noun`."""

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\n", re.MULTILINE)


def load_statements(noun: str) -> dict[str, str]:
    """All statements of a noun by name; a name twice is a bug."""
    text = (Path(__file__).parent / f"{noun}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    statements = dict(zip(parts[::2], (part.strip().rstrip(";") for part in parts[1::2]), strict=True))
    assert len(statements) == len(parts) // 2, f"a statement name occurs twice in {noun}.sql"
    return statements
