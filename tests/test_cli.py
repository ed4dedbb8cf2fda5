"""The command line as an operator types it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest

from ledger.cli import run
from ledger.db.cluster import cluster_folder
from ledger.db.place import Place


def points_ledger(
    *arguments: str | Path, settings: Mapping[str, str | Path] | None = None
) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "DATABASE_URL"))}
    environ |= {name: str(value) for name, value in (settings or {}).items()}
    command = [sys.executable, "-m", "ledger.main", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environ, timeout=60)


def test_from_an_empty_folder_to_a_restored_copy(open_folder: Path) -> None:
    first, second = {"LEDGER_DATA": open_folder / "first"}, {"LEDGER_DATA": open_folder / "second"}
    assert points_ledger("migrate", settings=first).returncode == 0
    saved = points_ledger("backup", open_folder / "one.backup", settings=first)
    assert (saved.returncode, saved.stderr) == (0, "")
    restored = points_ledger("restore", open_folder / "one.backup", settings=second)
    assert (restored.returncode, restored.stderr) == (0, "")
    for since in ("2h", "2026-01-01T00:00:00+08:00"):
        looked = points_ledger("check", "--since", since, settings=second)
        assert (looked.returncode, looked.stderr) == (0, ""), looked.stdout
        assert "--since 20" in looked.stdout.splitlines()[-1]
    again = points_ledger("backup", open_folder / "one.backup", settings=first)
    assert again.returncode == 2
    assert "exists already" in again.stderr and "已存在" in again.stderr


def test_a_backup_of_nothing_makes_no_folder(open_folder: Path) -> None:
    answer = points_ledger("backup", open_folder / "x", settings={"LEDGER_DATA": open_folder / "mistyped"})
    assert answer.returncode == 2
    assert "no ledger" in answer.stderr and "没有账本" in answer.stderr
    assert not (open_folder / "mistyped").exists()


def test_an_old_data_folder_is_refused_in_both_languages(open_folder: Path) -> None:
    cluster_folder(open_folder / "data").mkdir(parents=True)
    (cluster_folder(open_folder / "data") / "PG_VERSION").write_text("9\n")
    answer = points_ledger("migrate", settings={"LEDGER_DATA": open_folder / "data"})
    assert answer.returncode == 2
    assert "points-ledger restore" in answer.stderr and "迁移办法" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (["restore", "/does/not/exist"], {}),
        (["backup", "/tmp/never"], {"DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"}),
        (["backup", "/tmp/never"], {"DATABASE_URL": "postgresql://127.0.0.1:port/none"}),
        (["migrate"], {"LEDGER_PORT": "x"}),
        (["migrate"], {"LEDGER_PG_BIN": "/does/not/exist", "LEDGER_DATA": "/tmp/ledger-test-never"}),
        (["rules", "check", "/does/not/exist"], {}),
        (["check", "--since", "yesterday"], {}),
        (["check", "--since", "2026-01-01T00:00:00"], {}),
    ],
)
def test_a_mistake_is_a_sentence_not_a_traceback(arguments: list[str], settings: dict[str, str]) -> None:
    answer = points_ledger(*arguments, settings=settings)
    assert answer.returncode == 2
    assert answer.stderr and "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "error", [asyncpg.AdminShutdownError, asyncpg.CrashShutdownError, asyncpg.ConnectionDoesNotExistError, OSError]
)
def test_a_database_that_dies_meanwhile_is_a_sentence(
    error: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(*_: str | None) -> int:
        raise error("gone")

    assert run(["serve"], Place(None, tmp_path), serve=die) == 2
    assert "The database cannot be used: gone" in capsys.readouterr().err
