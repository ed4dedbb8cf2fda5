"""A county's years as if they had been posted: ten million entries or lines that keep every promise, by COPY.

The rows are those that posting would have written, made here because posting them takes an hour on two cores.
"""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import asyncpg
import msgspec

from bench.seed import seed
from bench.workload import (
    AWARD_POINTS_MAX,
    AWARD_SHARE,
    COUNTY,
    PRINCIPAL,
    REDEEM_POINTS_MAX,
    REDEEM_SHARE,
    RULEBOOK,
    SHOPS,
    household,
    outlet,
)
from ledger.core.period import Rolling, expires_on
from ledger.core.rulebook import digest
from ledger.db.service_role import connect, prepare_database

# Journal lines by set; a transaction of W moves 2.7 entries in the middle.
SETS = {"entries_10m": 3_704_000, "lines_10m": 10_000_000}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 330
SLUG = COUNTY.slugs[0]
CHUNK = 20_000
TABLES = {
    "journal": (
        "programme", "id", "kind", "principal", "recorded_at", "effective_on", "happened_on", "entry_count", "about",
        "trace", "counts", "facts",
    ),
    "entry": (
        "programme", "owner", "purse", "unit", "account_version", "journal_id", "line", "expires_on", "amount",
        "balance_after",
    ),
    "idempotency_key": ("programme", "principal", "key", "fingerprint", "journal_id"),
    "outbox": ("programme", "journal_id"),  # nothing is sealed: that would take hours
}  # fmt: skip


_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [high + low for high in _ALPHABET for low in _ALPHABET]


class Account(msgspec.Struct):
    """What the year leaves on one account in one unit."""

    total: int = 0
    version: int = 0
    buckets: dict[date, int] = {}


class County:
    """Replays a year in memory; what it has not yet written stands in `rows` as lines of COPY."""

    def __init__(self, accounts: dict[tuple[str, str, str], Account]) -> None:
        self.accounts = accounts
        self.counters: dict[tuple[str, str, str], int] = {}
        self.rows: dict[str, list[str]] = {table: [] for table in TABLES}
        self.entries = 0
        self._draw = random.Random(20260101)
        self._rulebook = digest(RULEBOOK)
        self._key = 0

    def run(self, lines: int, *, chunk: int = CHUNK) -> Iterator[None]:
        """A pause after every chunk, to write what has gathered."""
        step = timedelta(days=DAYS) / lines
        for number in range(lines):
            self._post_one(BEGIN + step * number, number)
            if number % chunk == chunk - 1:
                yield

    def _post_one(self, now: datetime, number: int) -> None:
        draw = self._draw
        owner, kind = household(draw.randrange(COUNTY.households)), draw.random()
        milliseconds = int((now - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
        id = f"txn_{_base32(milliseconds << 48 | number)}"
        if kind < AWARD_SHARE:
            self._award(id, owner, draw.randint(1, AWARD_POINTS_MAX), now)
            return
        points = draw.randint(1, REDEEM_POINTS_MAX)
        if self._main(owner).total < points:
            self._award(id, owner, AWARD_POINTS_MAX, now)
        elif kind < AWARD_SHARE + REDEEM_SHARE:
            self._redeem(id, owner, points, outlet(draw.randrange(COUNTY.outlets)), now)
        else:
            self._visit(id, owner, points, f"mer_barber-{draw.randrange(SHOPS)}", now)

    def _award(self, id: str, owner: str, points: int, now: datetime) -> None:
        day, rule = now.date(), f"deed-{points}"
        counter = (f"{rule}/month/times", owner, f"{day.year}-{day.month:02d}")
        self.counters[counter] = self.counters.get(counter, 0) + 1
        lapses = expires_on(Rolling(months=12), day) or date.max
        self._entry("programme", "issued:deeds", "points", id, 0, -points)
        self._entry(owner, "main", "points", id, 1, points, lapses)
        about = f'{{"owner":"{owner}","rule":"{rule}","rulebook":"{self._rulebook}"}}'
        trace = (
            f'{{"rule":"{rule}","happened_on":"{day}","steps":[{{"kind":"fixed","unit":"points","amount":{points}}}]}}'
        )
        counts = f'[["{counter[0]}","{counter[1]}","{counter[2]}",1]]'
        self._journal(id, "award", now, 2, about, trace, counts)

    def _redeem(self, id: str, owner: str, points: int, shop: str, now: datetime) -> None:
        line = self._pay(id, owner, points)
        self._entry("programme", "redeemed", "points", id, line, points)
        self._entry(shop, "stock", f"item:item-{points}", id, line + 1, -1)
        self._entry("programme", "redeemed", f"item:item-{points}", id, line + 2, 1)
        sold = f'[{{"item":"item-{points}","quantity":1,"points":{points}}}]'
        self._journal(id, "redeem", now, line + 3, f'{{"owner":"{owner}","outlet":"{shop}","lines":{sold}}}')

    def _visit(self, id: str, owner: str, points: int, shop: str, now: datetime) -> None:
        line = self._pay(id, owner, points)
        self._entry(shop, "claims", "points", id, line, points)
        sold = f'[{{"item":"offer-{points}","quantity":1,"points":{points},"offer":true}}]'
        self._journal(id, "redeem", now, line + 1, f'{{"owner":"{owner}","merchant":"{shop}","lines":{sold}}}')

    def _pay(self, id: str, owner: str, points: int) -> int:
        """Nearest expiry first; the number of entries it took."""
        line, missing = 0, points
        for day in sorted(self._main(owner).buckets):
            part = min(self._main(owner).buckets[day], missing)
            self._entry(owner, "main", "points", id, line, -part, day)
            line, missing = line + 1, missing - part
            if not missing:
                break
        return line

    def _main(self, owner: str) -> Account:
        return self.accounts[owner, "main", "points"]

    def _entry(
        self, owner: str, purse: str, unit: str, id: str, line: int, amount: int, day: date = date(9999, 1, 1)
    ) -> None:
        account = self.accounts.setdefault((owner, purse, unit), Account(buckets={}))
        account.total += amount
        account.version += 1
        if purse == "main":
            left = account.buckets.pop(day, 0) + amount
            if left:
                account.buckets[day] = left
        self.entries += 1
        self.rows["entry"].append(
            f"{SLUG}\t{owner}\t{purse}\t{unit}\t{account.version}\t{id}\t{line}\t{day}\t{amount}\t{account.total}\n"
        )

    def _journal(
        self, id: str, kind: str, now: datetime, entries: int, about: str, trace: str = "\\N", counts: str = "\\N"
    ) -> None:
        self._key += 1
        self.rows["journal"].append(
            f"{SLUG}\t{id}\t{kind}\t{PRINCIPAL}\t{now.isoformat()}\t{now.date()}\t{now.date()}\t{entries}\t{about}"
            f"\t{trace}\t{counts}\t\\N\n"
        )
        self.rows["idempotency_key"].append(f"{SLUG}\t{PRINCIPAL}\tyear-{self._key}\t{self._key:032x}\t{id}\n")
        self.rows["outbox"].append(f"{SLUG}\t{id}\n")


def _base32(number: int) -> str:
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(80, -1, -10)])


async def fill(url: str, password_file: Path, lines: int) -> None:
    """So many lines of journal. Needs an administrator's URL: the guards are for those who post."""
    service = await connect(await prepare_database(url, password_file))
    await seed(service, COUNTY)
    await service.close()
    admin = await connect(url)
    await admin.execute("SET session_replication_role = replica; SET synchronous_commit = off")
    county = County(await _read_accounts(admin))
    for _ in county.run(lines):
        await _write(admin, county)
    await _write(admin, county)
    await _write_ends(admin, county)
    await admin.execute("RESET session_replication_role; RESET synchronous_commit")
    await admin.execute("VACUUM (ANALYZE, FREEZE)")
    await admin.close()


async def _read_accounts(admin: asyncpg.Connection) -> dict[tuple[str, str, str], Account]:
    rows = await admin.fetch(
        "SELECT owner, purse, unit, total, account_version, bucket_days, bucket_amounts FROM ledger.balance"
    )
    return {
        (row["owner"], row["purse"], row["unit"]): Account(
            row["total"], row["account_version"], dict(zip(row["bucket_days"], row["bucket_amounts"], strict=True))
        )
        for row in rows
    }


async def _write(admin: asyncpg.Connection, county: County) -> None:
    for table, columns in TABLES.items():
        await admin.copy_to_table(
            table, schema_name="ledger", columns=columns, source=_lines(county.rows[table]), format="text"
        )
        county.rows[table].clear()


async def _lines(rows: list[str]) -> AsyncIterator[bytes]:
    yield "".join(rows).encode()


async def _write_ends(admin: asyncpg.Connection, county: County) -> None:
    """What is kept beside the entries: balances with their buckets, and counters."""
    async with admin.transaction():
        await admin.execute("DELETE FROM ledger.balance")
        balances = (
            f"{SLUG}\t{owner}\t{purse}\t{unit}\t{account.total}\t{account.version}\t"
            f"{'0' if owner != 'programme' and purse != 'claims' else chr(92) + 'N'}\t"
            f"{{{','.join(map(str, sorted(account.buckets)))}}}\t"
            f"{{{','.join(str(account.buckets[day]) for day in sorted(account.buckets))}}}\n"
            for (owner, purse, unit), account in county.accounts.items()
        )
        columns = (
            "programme", "owner", "purse", "unit", "total", "account_version", "floor_amount", "bucket_days",
            "bucket_amounts",
        )  # fmt: skip
        await admin.copy_to_table(
            "balance", schema_name="ledger", columns=columns, source=_lines(list(balances)), format="text"
        )
        counters = ("\t".join((SLUG, *key, f"{used}\n")) for key, used in county.counters.items())
        await admin.copy_to_table("counter", schema_name="ledger", source=_lines(list(counters)), format="text")
