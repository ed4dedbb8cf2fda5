"""Check is silent about a busy village, and each of its lines finds a planted fault."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from ledger.actions.check import NEEDS_ALL, PROMISES, check_ledger, check_recent, look_at_all, look_since
from ledger.actions.seal import seal_batch
from ledger.actions.seal_key import SealKey
from ledger.db.check import Finding, one_moment
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect
from tests.busy_village import Busy, busy_database


@pytest_asyncio.fixture(scope="module")
async def busy(server: EmbeddedDatabase, template: str) -> AsyncIterator[Busy]:
    """Some of it sealed, some not yet."""
    async with busy_database(server, template, "check_busy") as opened:
        sealer = await connect(opened.village.database.admin_url)
        await sealer.execute("SET ROLE ledger_sealer")
        await seal_batch(sealer, "village", SealKey(bytes(32)), lines_max=5)
        await sealer.close()
        yield opened


@pytest_asyncio.fixture
async def admin(busy: Busy) -> AsyncIterator[asyncpg.Connection]:
    """Whatever it does is undone; no guard stands in its way."""
    connection = await connect(busy.village.database.admin_url)
    transaction = connection.transaction()
    await transaction.start()
    await connection.execute("SET LOCAL session_replication_role = replica")
    yield connection
    await transaction.rollback()
    await connection.close()


def red(findings: list[Finding]) -> set[str]:
    return {finding.line for finding in findings if finding.broken}


async def test_a_busy_village_breaks_nothing(busy: Busy) -> None:
    connection = await connect(busy.village.database.admin_url)
    findings = await check_ledger(connection)
    await connection.close()
    assert [finding.line for finding in findings] == list(PROMISES)
    assert red(findings) == set()


async def test_a_check_writes_nothing(busy: Busy) -> None:
    connection = await connect(busy.village.database.admin_url)
    async with one_moment(connection):
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM outbox")
    await connection.close()


# What is changed ({name} is the transaction posted under that key), and the lines that must go red, and no others.
PLANTED: dict[str, tuple[str, set[str]]] = {
    "entries of two transactions swapped": (
        """UPDATE entry SET journal_id = CASE journal_id WHEN '{earned}' THEN '{swept}' ELSE '{earned}' END
        WHERE owner = 'hh_1' AND journal_id IN ('{earned}', '{swept}')""",
        {"I1"},
    ),
    "a piece more from nowhere, its balance with it": (
        """UPDATE entry SET amount = amount + 1, balance_after = balance_after + 1
        WHERE unit = 'item:soap' AND owner = 'out_shop' AND account_version =
            (SELECT account_version FROM balance WHERE owner = 'out_shop' AND unit = 'item:soap' AND purse = 'stock');
        UPDATE balance SET total = total + 1 WHERE owner = 'out_shop' AND purse = 'stock' AND unit = 'item:soap'""",
        {"I1", "I2", "I5"},
    ),
    "stock moved between balances without an entry": (
        """UPDATE balance SET total = total + CASE owner WHEN 'out_shop' THEN 1 ELSE -1 END
        WHERE purse = 'stock' AND unit = 'item:tissue'""",
        {"I3"},
    ),
    "a claim that no entry made": ("UPDATE balance SET total = total + 1 WHERE purse = 'claims'", {"I3", "I5"}),
    "a balance in the middle of a chain": (
        "UPDATE entry SET balance_after = balance_after + 1 WHERE owner = 'out_shop' AND journal_id = '{bought}'",
        {"I4"},
    ),
    "a version left out": (
        """UPDATE entry SET account_version = account_version + 1 WHERE purse = 'claims' AND account_version =
            (SELECT account_version FROM balance WHERE purse = 'claims');
        UPDATE balance SET account_version = account_version + 1 WHERE purse = 'claims'""",
        {"I4"},
    ),
    "below the floor": (
        """ALTER TABLE balance DROP CONSTRAINT account_not_below_floor;
        UPDATE balance SET floor_amount = 1000 WHERE purse = 'stock' AND owner = 'out_shop';
        UPDATE account SET floor_amount = 1000 WHERE purse = 'stock' AND owner = 'out_shop'""",
        {"I6"},
    ),
    "a split that takes from a household": ("UPDATE journal SET kind = 'split' WHERE id = '{passed_on}'", {"I7"}),
    "a hold that ended in another way": (
        "UPDATE open_item SET ended_kind = 'void' WHERE journal_id = '{held}'",
        {"I8"},
    ),
    "a hold ended by somebody else's void": (
        "UPDATE open_item SET ended_by = '{voided}', ended_kind = 'void' WHERE journal_id = '{held}'",
        {"I8"},
    ),
    "an ended hold that is open again": (
        """UPDATE open_item SET ended_by = NULL, ended_kind = NULL, ended_on = NULL WHERE journal_id = '{held}'""",
        {"I8"},
    ),
    "a notice that nobody will end": ("DELETE FROM open_item WHERE journal_id = '{noticed_too}'", {"I9"}),
    "a bucket with another day": (
        """UPDATE balance SET bucket_days[1] = bucket_days[1] + 1
        WHERE owner = 'hh_2' AND purse = 'main' AND unit = 'points'""",
        {"I10"},
    ),
    "a nearer bucket left behind": (
        """UPDATE entry SET expires_on = current_date + 2 WHERE owner = 'hh_1' AND journal_id = '{swept}';
        UPDATE balance SET
            bucket_days = now.days,
            bucket_amounts = now.amounts
        FROM (
            SELECT array_agg(day ORDER BY day) AS days, array_agg(amount ORDER BY day) AS amounts
            FROM (
                SELECT expires_on AS day, total_of(amount) AS amount FROM entry
                WHERE owner = 'hh_1' AND purse = 'main' AND unit = 'points'
                GROUP BY expires_on HAVING total_of(amount) <> 0
            ) AS bucket
        ) AS now
        WHERE owner = 'hh_1' AND purse = 'main' AND unit = 'points'""",
        {"I11"},
    ),
    "a sweep that came too early": (
        "UPDATE journal SET recorded_at = '2026-01-31' WHERE id = '{expired}'",
        {"I12"},
    ),
    "a refund of more than was paid": (
        "UPDATE journal SET about = json_build_object('follows', '{shorn}') WHERE id = '{refunded}'",
        {"I13"},
    ),
    "a line that no goods left for": (
        """UPDATE journal SET about = replace(about::text, '"quantity":1', '"quantity":2')::json
        WHERE id = '{bought}'""",
        {"I14"},
    ),
    "a reversal of more than there was": (
        "UPDATE journal SET about = json_build_object('reverses', '{swept}') WHERE id = '{undone}'",
        {"I15"},
    ),
    "a key of nothing": (
        "DELETE FROM journal WHERE id = '{refused}'; DELETE FROM outbox WHERE journal_id = '{refused}'",
        {"I16"},
    ),
    "an outcome that answers to two keys": (
        """INSERT INTO idempotency_key (programme, principal, key, fingerprint, journal_id)
        VALUES ('village', 'system:test', 'second', '', '{earned}')""",
        {"I16"},
    ),
    "a refusal that counted": ("UPDATE journal SET counts = '[]' WHERE id = '{refused}'", {"I16"}),
    "a counter that forgot one": (
        "UPDATE counter SET used = used - 1 WHERE counter = 'sweep/month/times' AND subject = 'hh_1'",
        {"I17"},
    ),
    "a limit overrun, and the journal says so too": (
        """UPDATE counter SET used = used + 10 WHERE counter = 'sweep/month/times' AND subject = 'hh_1';
        UPDATE journal SET counts = json_build_array(json_build_array(
            counts -> 0 ->> 0, counts -> 0 ->> 1, counts -> 0 ->> 2, 11
        )) WHERE id = '{swept}'""",
        {"I17"},
    ),
    "claims moved by an adjustment": ("UPDATE journal SET kind = 'adjust' WHERE id = '{shorn}'", {"I19"}),
    "an outbox line of nothing": ("INSERT INTO outbox VALUES ('village', 'txn_nowhere')", {"I20"}),
    "a line that nobody will seal": ("DELETE FROM outbox WHERE journal_id = '{bought}'", {"I20"}),
    "a sealed line that waits too": (
        "INSERT INTO outbox SELECT programme, journal_id FROM seal_leaf LIMIT 1",
        {"I20"},
    ),
    "a place left out": ("UPDATE seal_leaf SET position = position + 1 WHERE position = 4", {"I20"}),
    "salts thrown away": ("DELETE FROM seal_salt WHERE position = 2", {"I20"}),
    "a tile that is not what is below it": (
        "UPDATE seal_tile SET digests = set_byte(digests, 40, 255 - get_byte(digests, 40))",
        {"I20"},
    ),
    "no last checkpoint": ("DELETE FROM seal_checkpoint", {"I20"}),
    "an audit event that nobody will seal": (
        """INSERT INTO audit_event (programme, address, verb, about, status)
        VALUES ('village', 'blind', 'GET /', '{{}}', 200)""",
        {"audit"},
    ),
    "a set of entries with one too many": (
        "UPDATE journal SET entry_count = entry_count + 1 WHERE id = '{bought}'",
        {"entry"},
    ),
    "an account that was never opened": ("DELETE FROM account WHERE owner = 'hh_2' AND purse = 'main'", {"account"}),
    "a reversal of nothing": (
        "UPDATE journal SET about = json_build_object('reverses', 'txn_nowhere') WHERE id = '{reversed}'",
        {"I15", "source"},
    ),
    "an award by a rule that never was": (
        "UPDATE journal SET about = replace(about::text, '\"plenty\"', '\"more\"')::json WHERE id = '{earned}'",
        {"rule"},
    ),
    "a rulebook edited after publication": (
        """UPDATE publication SET body = replace(body::text, '"amount":5', '"amount":6')::json
        WHERE kind = 'rulebook' AND version = '2026-01'""",
        {"rule"},
    ),
    "counts that nobody can read": ("UPDATE journal SET counts = '{{}}' WHERE id = '{swept}'", {"document"}),
    "a line on a closed day": (
        """INSERT INTO closed_period (programme, closed_through, closed_by, closed_at)
        SELECT programme, effective_on, 'x', recorded_at - interval '1 second' FROM journal WHERE id = '{reset}'""",
        {"period"},
    ),
    "an activity awarded by a stranger": (
        """INSERT INTO activity (programme, id, rule, recipient, facts, recorded_by, state, journal_id)
        VALUES ('village', 'act_1', 'sweep', 'hh_1', '{{}}', 'x', 'awarded', '{swept}')""",
        {"activity"},
    ),
}


@pytest.mark.parametrize("fault", PLANTED)
async def test_a_planted_fault_is_found_by_its_line(fault: str, busy: Busy, admin: asyncpg.Connection) -> None:
    change, lines = PLANTED[fault]
    await admin.execute(change.format(**busy.done))
    findings = await look_at_all(admin)
    assert red(findings) == lines
    assert all(finding.examples for finding in findings if finding.broken)
    recent = await look_since(admin, datetime.now(UTC) - timedelta(days=400))
    assert red(recent) == (set() if fault in ONLY_IN_THE_WHOLE else lines - NEEDS_ALL)
    assert red(await look_since(admin, datetime.now(UTC) + timedelta(hours=1))) <= {"I17"}


ONLY_IN_THE_WHOLE = {
    "a key of nothing",
    "an outcome that answers to two keys",
    "a counter that forgot one",
    "an outbox line of nothing",
    "a place left out",
    "salts thrown away",
    "a tile that is not what is below it",
    "no last checkpoint",
    "a rulebook edited after publication",
    "counts that nobody can read",
    "an activity awarded by a stranger",
}
"""What the latest lines and what they touched do not show."""


async def test_a_look_at_the_latest_lines_tells_where_to_go_on(busy: Busy) -> None:
    connection = await connect(busy.village.database.admin_url)
    recent = await check_recent(connection, timedelta(hours=1))
    await connection.close()
    assert [finding.line for finding in recent.findings] == [line for line in PROMISES if line not in NEEDS_ALL]
    assert red(recent.findings) == set()
    assert timedelta(seconds=50) < datetime.now(UTC) - recent.next_since < timedelta(seconds=90)


def test_every_line_has_a_planted_fault() -> None:
    assert {line for _, lines in PLANTED.values() for line in lines} == set(PROMISES)
