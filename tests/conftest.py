"""What every test may stand on: one real PostgreSQL for the whole run."""

import os
import re
import secrets
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings

from ledger.db.embedded import EmbeddedDatabase, open_database
from ledger.db.service_role import connect, prepare_database
from tests.portion import Portion, portion_of_environment
from tests.village import Database, Village, open_village

# Only here: a database that is thrown away may forget what a crash would take.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}

# A busy machine is slow, not wrong; what failed is printed so that it can be run again.
settings.register_profile(
    "house", deadline=None, print_blob=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("house")

NO_BROWSER = "no browser"
LAST_WRITES_SECONDS = 20.0
RUNNING = os.environ.get("LEDGER_TEST_DATA")
FIGURE = re.compile(r"Q(\d+)|Planted")


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Gone afterwards, though a server that was killed a moment ago may still be writing there."""
    folder = Path(tempfile.mkdtemp(prefix="ledger-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        ends_at = time.monotonic() + LAST_WRITES_SECONDS
        while folder.exists():
            with suppress(OSError) if time.monotonic() < ends_at else nullcontext():
                shutil.rmtree(folder)
            time.sleep(0.05)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that the server's own account may pass through: run as root, pytest's are closed to it."""
    with temporary_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedDatabase]:
    """One embedded PostgreSQL a run (one a worker under xdist), in a folder that goes with it.

    Whoever makes many short runs keeps one going for all of them.
    """
    if RUNNING is not None:
        with open_database(Path(RUNNING)) as database:
            yield database
        return
    with temporary_folder() as folder, open_database(folder / "data", settings=FORGETFUL) as database:
        yield database


@pytest_asyncio.fixture(scope="session")
async def template(server: EmbeddedDatabase, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A migrated database that every test's own database is copied from."""
    admin = await connect(server.admin_url)
    if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'template_ledger')"):
        await admin.execute("CREATE DATABASE template_ledger")
        await prepare_database(server.url(database="template_ledger"), tmp_path_factory.mktemp("secret") / "password")
    yield "template_ledger"
    await admin.close()


@pytest_asyncio.fixture
async def database(
    server: EmbeddedDatabase, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Database]:
    """An empty, migrated database of this test's own; gone afterwards."""
    name = f"test_{secrets.token_hex(6)}"
    admin = await connect(server.admin_url)
    await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    admin_url = server.url(database=name)
    url = await prepare_database(admin_url, tmp_path_factory.mktemp("secret") / "password")
    yield Database(admin_url=admin_url, url=url)
    await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.execute(f"DROP ROLE {name}_service")
    await admin.close()


@pytest.fixture
def portion() -> Portion:
    """How much of a long programme this run does."""
    return portion_of_environment()


@pytest_asyncio.fixture
async def village(database: Database) -> AsyncIterator[Village]:
    """A small programme: one rule with a monthly limit, one outlet, one shop, three households."""
    async with open_village(database) as opened:
        yield opened


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures of the programmes of quality, whichever worker reached them; and what no browser was there for."""
    unseen = [
        report.nodeid for report in terminalreporter.stats.get("skipped", ()) if NO_BROWSER in str(report.longrepr)
    ]
    if unseen:
        terminalreporter.section("PAGES NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(f"{NO_BROWSER}: {len(unseen)} tests of pages were skipped", red=True, bold=True)
    figures = {
        (str(name), str(figure))
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, figure in getattr(report, "user_properties", ())
        if FIGURE.fullmatch(str(name))
    }
    for name, figure in sorted(figures, key=lambda both: (len(both[0]), both)):
        terminalreporter.write_line(f"{name}: {figure}")
