"""The operator's settings: read once, and doubtful ones refused."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.config import ConfigProblem, read_config


def test_nothing_set_is_enough() -> None:
    config = read_config({})
    assert (config.database_url, config.host, config.port) == (None, "127.0.0.1", 8000)
    assert config.data_folder.is_absolute()


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://me:hunter2@db/ledger\n")
    assert read_config({"DATABASE_URL_FILE": str(tmp_path / "url")}).database_url == "postgresql://me:hunter2@db/ledger"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:a%40b@db:5432/ledger?sslmode=require",
        "postgres://one:5432,two:5433/ledger",
        "postgresql://me@[::1]:5432/ledger",
        "postgresql://me:x@/ledger?host=%2Frun%2Fpostgresql",
    ],
)
def test_every_form_of_address_is_taken_as_it_is(url: str) -> None:
    assert read_config({"DATABASE_URL": url}).database_url == url


@pytest.mark.parametrize(
    "environ",
    [
        {"LEDGER_DATAS": "/srv"},
        {"LEDGER_PORT": "eighty"},
        {"LEDGER_RATE_PER_KEY": "0"},
        {"LEDGER_PORT": "65536"},
        {"LEDGER_PORT": "８０００"},
        {"LEDGER_LOG": "xml"},
        {"DATABASE_URL": "mysql://me:hunter2@db/ledger"},
        {"DATABASE_URL": "postgresql://me:hunter2@db:port/ledger"},
        {"DATABASE_URL": "postgresql://a", "DATABASE_URL_FILE": "/dev/null"},
        {"DATABASE_URL_FILE": "/does/not/exist"},
    ],
)
def test_what_cannot_be_meant_is_refused(environ: Mapping[str, str]) -> None:
    with pytest.raises(ConfigProblem) as problem:
        read_config(environ)
    assert problem.value.english and problem.value.chinese
    assert "hunter2" not in problem.value.english + problem.value.chinese
