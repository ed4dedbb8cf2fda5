"""What was posted before, as simulations, rankings and batch reversals look at it."""

from collections.abc import Iterable
from datetime import date

import asyncpg
import msgspec

from ledger.core.activity import Facts
from ledger.core.counter import CounterKey
from ledger.core.simulate import Past
from ledger.core.transaction import About
from ledger.db.statements import load_statements

_SQL = load_statements("past")

_about_decoder = msgspec.json.Decoder(About)
_facts_decoder = msgspec.json.Decoder(Facts)
_counts_decoder = msgspec.json.Decoder(list[tuple[str, str, str, int]])


class PastAward(msgspec.Struct, frozen=True):
    """An award of an activity with what came of it; `reratings` is how often it was put right."""

    past: Past
    reratings: int


async def past_awards(connection: asyncpg.Connection, programme: str, first: date, last: date) -> tuple[PastAward, ...]:
    """Awards of activities between two days in the order in which they were posted, corrections counted in."""
    rows = await connection.fetch(_SQL["awards_between"], programme, first, last)
    if not rows:
        return ()
    since = min(row["recorded_at"] for row in rows)
    corrections = await connection.fetch(_SQL["corrections_since"], programme, since)
    targets = {row["id"]: row["id"] for row in rows} | {row["id"]: row["target"] for row in corrections}
    given = await _given(connection, programme, targets)
    counts: dict[str, dict[CounterKey, int]] = {}
    reratings: dict[str, int] = {}
    for row in [*rows, *corrections]:
        target = targets[row["id"]]
        for counter, subject, period, used in _counts_decoder.decode(row["counts"] or "[]"):
            sums = counts.setdefault(target, {})
            key = CounterKey(counter, subject, period)
            sums[key] = sums.get(key, 0) + used
        reratings[target] = reratings.get(target, 0) + (row.get("kind") == "rerate")
    return tuple(
        PastAward(_past(row, given.get(row["id"], {}), counts.get(row["id"], {})), reratings[row["id"]]) for row in rows
    )


async def earned_under_rules(
    connection: asyncpg.Connection, programme: str, first: date, last: date, rules: Iterable[str], unit: str
) -> dict[str, dict[date, int]]:
    """By owner and day of the activity, after corrections; without rules, under all of them."""
    rows = await connection.fetch(_SQL["earned_under_rules"], programme, first, last, list(rules), unit)
    earned: dict[str, dict[date, int]] = {}
    for row in rows:
        earned.setdefault(row["owner"], {})[row["happened_on"]] = row["total"]
    return earned


async def areas_of_owners(connection: asyncpg.Connection, programme: str) -> dict[str, str]:
    """The area of each owner that has one."""
    return {row["id"]: row["area"] for row in await connection.fetch(_SQL["areas"], programme)}


async def main_balances(connection: asyncpg.Connection, programme: str, unit: str) -> dict[str, int]:
    """Everybody's spendable purse in one unit, in the order of their ids."""
    return {row["owner"]: row["total"] for row in await connection.fetch(_SQL["main_balances"], programme, unit)}


async def batch_members(
    connection: asyncpg.Connection, programme: str, batch: str, after: str, limit: int
) -> list[str]:
    """Transactions that were posted under a batch's name, by id; its own reversals are left out."""
    rows = await connection.fetch(_SQL["batch_members"], programme, batch, after, limit)
    return [row["id"] for row in rows]


async def _given(
    connection: asyncpg.Connection, programme: str, targets: dict[str, str]
) -> dict[str, dict[tuple[str, str], int]]:
    given: dict[str, dict[tuple[str, str], int]] = {}
    for row in await connection.fetch(_SQL["earned_by"], programme, list(targets)):
        sums = given.setdefault(targets[row["journal_id"]], {})
        key = (row["owner"], row["unit"])
        sums[key] = sums.get(key, 0) + row["total"]
    return given


def _past(row: asyncpg.Record, given: dict[tuple[str, str], int], counts: dict[CounterKey, int]) -> Past:
    about = _about_decoder.decode(row["about"])
    facts = _facts_decoder.decode(row["facts"])
    assert about.owner is not None and about.rule is not None, "an award says whose it is and by which rule"
    return Past(
        activity=row["id"],
        rule=about.rule,
        recipient=about.owner,
        facts=facts,
        given={unit: total for (owner, unit), total in given.items() if owner == about.owner and total},
        counts=tuple(sorted((key, used) for key, used in counts.items() if used and _is_limit(key))),
        household=None if facts.household is None else facts.household.id,
    )


def _is_limit(key: CounterKey) -> bool:
    """Counts of reversals and reratings belong to the ledger, not to the rulebook."""
    return key.counter not in {"reversals", "reratings"}
