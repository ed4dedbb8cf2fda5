"""The house is in order, and each check of it finds a planted fault."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.house import (
    filled_init,
    fog_names,
    hidden_imports,
    impure_core,
    looking_up,
    silent_migrations,
    stray_sql,
    too_long,
    wordless_reasons,
)

Check = Callable[[Path], Iterator[str]]
ROOT = Path(__file__).parent.parent
CHECKS: tuple[Check, ...] = (
    looking_up,
    impure_core,
    filled_init,
    hidden_imports,
    too_long,
    fog_names,
    stray_sql,
    silent_migrations,
    wordless_reasons,
)
TABLE = "-- Why: a reason.\nCREATE TABLE a (b int NOT NULL{});"
WORDS = 'class Reason:\n    LATE = "too_late"\n'

# (check, files of a small tree that break it, what it says)
PLANTED: tuple[tuple[Check, dict[str, str], str], ...] = (
    (looking_up, {"ledger/core/a.py": "from ledger.posting import post", "ledger/posting.py": ""}, "looks up"),
    (looking_up, {"ledger/db/a.py": "import ledger.actions.b", "ledger/actions/b.py": ""}, "looks up"),
    (looking_up, {"ledger/api/a.py": "from ledger import app", "ledger/app.py": ""}, "looks up"),
    (looking_up, {"ledger/api/a.py": "from ledger.web.b import c", "ledger/web/b.py": ""}, "a door that imports"),
    (looking_up, {"ledger/cli.py": "from ledger import jobs", "ledger/jobs.py": ""}, "a door that imports"),
    (looking_up, {"ledger/verify.py": "from ledger.core.a import b", "ledger/core/a.py": ""}, "looks up"),
    (looking_up, {"ledger/api/a.py": "from . import b", "ledger/api/b.py": ""}, "relative"),
    (looking_up, {"ledger/stray.py": ""}, "stands on no floor"),
    (impure_core, {"ledger/core/a.py": "import random"}, "core imports random"),
    (impure_core, {"ledger/core/a.py": "from datetime import date\nx = date.today()"}, "clock"),
    (impure_core, {"ledger/core/a.py": "async def wait(): ..."}, "waits"),
    (filled_init, {"ledger/core/__init__.py": "from ledger.core.a import b"}, "not empty"),
    (hidden_imports, {"ledger/db/a.py": "def read():\n    import json"}, "import inside read"),
    (hidden_imports, {"ledger/db/a.py": "from typing import TYPE_CHECKING"}, "TYPE_CHECKING"),
    (too_long, {"ledger/core/a.py": "x = 1\n" * 401}, "401 lines"),
    (too_long, {"bench/a.py": "def run():\n" + "    x = 1\n" * 40}, "run has 41 lines"),
    (fog_names, {"ledger/core/award_helpers.py": ""}, "says nothing"),
    (fog_names, {"tests/common/__init__.py": ""}, "says nothing"),
    (stray_sql, {"ledger/actions/a.py": 'x = "DELETE FROM entry WHERE amount = 0"'}, "SQL outside"),
    (stray_sql, {"ledger/db/a.sql": "-- name: read_a\nSELECT 1;\n"}, "read_a is never used"),
    (
        stray_sql,
        {"ledger/db/a.sql": "", "ledger/db/a.py": '_SQL = load_statements("a")\nx = _SQL["read_a"]'},
        "there is no read_a",
    ),
    (silent_migrations, {"ledger/db/migrations/0001_a.sql": "CREATE INDEX b ON a (b);"}, "does not start with why"),
    (silent_migrations, {"ledger/db/migrations/0001_a.sql": TABLE.format(", CHECK (b > 0)")}, "CHECK without"),
    (silent_migrations, {"ledger/db/migrations/0001_a.sql": TABLE.format(" REFERENCES c (d)")}, "REFERENCES without"),
    (silent_migrations, {"ledger/db/migrations/0001_a.sql": TABLE.format(" PRIMARY KEY")}, "PRIMARY KEY without"),
    (wordless_reasons, {"ledger/core/refusal.py": WORDS, "tests/test_a.py": "Reason.LATE"}, "no words"),
    (
        wordless_reasons,
        {"ledger/core/refusal.py": WORDS, "ledger/hall/words_of_x.py": "Reason.LATE: 1"},
        "no test meets it",
    ),
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_house_is_in_order(check: Check) -> None:
    assert list(check(ROOT)) == []


@pytest.mark.parametrize(("check", "files", "says"), PLANTED)
def test_a_planted_fault_is_found(check: Check, files: dict[str, str], says: str, tmp_path: Path) -> None:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    complaints = list(check(tmp_path))
    assert len(complaints) == 1
    assert says in complaints[0]


def test_every_check_has_a_planted_fault() -> None:
    assert {check for check, _, _ in PLANTED} == set(CHECKS)
