"""Promises of the ledger that hold after every example of one programme, as queries that must find nothing."""

import asyncpg

# I2, I3, I4, I10 of one programme; the rest is compared with the model, and the whole of a database by `check`.
PROMISES = {
    "all entries of a unit add to zero": """
        SELECT unit FROM entry WHERE programme = $1 GROUP BY unit HAVING sum(amount) <> 0""",
    "versions run without a gap and balances chain": """
        SELECT owner, purse, unit FROM (
            SELECT *, row_number() OVER account AS place, sum(amount) OVER account AS running
            FROM entry WHERE programme = $1
            WINDOW account AS (PARTITION BY owner, purse, unit ORDER BY account_version)
        ) AS e
        WHERE account_version <> place OR balance_after <> running""",
    "a balance is its last entry": """
        SELECT b.owner, b.purse, b.unit FROM balance AS b
        LEFT JOIN LATERAL (
            SELECT count(*) AS entries, coalesce(sum(amount), 0) AS total FROM entry AS e
            WHERE e.programme = b.programme AND e.owner = b.owner AND e.purse = b.purse AND e.unit = b.unit
        ) AS e ON TRUE
        WHERE b.programme = $1 AND (b.total <> e.total OR b.account_version <> e.entries)""",
    "each bucket is what its entries say": """
        SELECT owner, purse, unit, day FROM (
            SELECT owner, purse, unit, expires_on AS day, amount FROM entry
            WHERE programme = $1 AND purse IN ('main', 'pending', 'held')
            UNION ALL
            SELECT owner, purse, unit, d.day, -d.amount
            FROM balance, unnest(bucket_days, bucket_amounts) AS d (day, amount)
            WHERE programme = $1
        ) AS moved
        GROUP BY owner, purse, unit, day HAVING sum(amount) <> 0""",
    "one journal line for each key": """
        SELECT k.key FROM idempotency_key AS k
        LEFT JOIN journal AS j ON j.programme = k.programme AND j.id = k.journal_id
        WHERE k.programme = $1 AND j.id IS NULL""",
}


async def broken_promises(connection: asyncpg.Connection, programme: str) -> list[tuple[str, str]]:
    """Inside a database transaction that may see the programme."""
    broken = []
    for promise, query in PROMISES.items():
        broken += [(promise, str(dict(row))) for row in await connection.fetch(query, programme)]
    return broken
