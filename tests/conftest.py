"""What every test may stand on: one real PostgreSQL for the whole run."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.db.embedded import EmbeddedDatabase, open_database

# Only here: a database that is thrown away may forget what a crash would take.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the server's own account may pass through: run as root, pytest's are closed to it."""
    with tempfile.TemporaryDirectory(prefix="ledger-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedDatabase]:
    """One embedded PostgreSQL a run (one a worker under xdist), in a folder that goes with it."""
    with tempfile.TemporaryDirectory(prefix="ledger-test-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        with open_database(Path(folder) / "data", settings=FORGETFUL) as database:
            yield database
