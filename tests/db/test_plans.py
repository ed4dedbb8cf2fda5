"""The posting path reads a handful of rows a command, from the first command of a fresh database on."""

import asyncpg

from ledger.core.command import Command
from ledger.db.journal import show_programmes
from ledger.db.owners import Owner, open_owners
from ledger.db.service_role import connect
from tests.village import Village, gift, receive, redeem, sweep

HOUSEHOLDS = 5_000
COMMANDS = 100
# One award or sale looks at about forty rows, all of them by key; a scan of the households would show at once.
ROWS_A_COMMAND = 120


async def rows_read(admin: asyncpg.Connection) -> int:
    """Rows that sequential scans and index scans have fetched from our tables so far, in all sessions."""
    await admin.execute("SELECT pg_stat_clear_snapshot()")
    return int(
        await admin.fetchval(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_user_tables"
            " WHERE schemaname = 'ledger' AND relname NOT IN ('journal', 'programme', 'publication')"
        )
    )


async def test_a_batch_reads_by_key_also_with_a_plan_made_on_a_fresh_database(village: Village) -> None:
    admin = await connect(village.database.admin_url)
    await village.post(("stock", receive(1_000, item="soap")), ("first", gift()))
    async with village.connection.transaction():
        await show_programmes(village.connection, [village.slug])
        owners = [Owner(f"hh_p{number}", "household") for number in range(HOUSEHOLDS)]
        await open_owners(village.connection, village.slug, owners)
    await village.post(*((f"open{number}", gift(f"hh_p{number}")) for number in range(HOUSEHOLDS)))
    await village.connection.execute("SELECT pg_stat_force_next_flush()")
    before = await rows_read(admin)
    commands: list[tuple[str, Command]] = []
    for number in range(COMMANDS):
        sale = redeem(f"hh_p{number}", item="soap")
        commands.append((f"c{number}", sweep(f"hh_p{number}") if number % 2 else sale))
    await village.post(*commands)
    await village.connection.execute("SELECT pg_stat_force_next_flush()")
    assert 0 < await rows_read(admin) - before < ROWS_A_COMMAND * COMMANDS
    await admin.close()
