"""Evaluate a period: rankings, streaks, resets, each posted as one named batch that may be run again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TypeVar

import asyncpg

from ledger.actions.post_batch import BatchResult, post_batch
from ledger.core.baseline import PeriodReset, reset_differences
from ledger.core.batch import BatchLine, batch_name
from ledger.core.command import Bonus, Command, Request, Reset, Share, Split
from ledger.core.compiled import Compiled
from ledger.core.dividend import Dividend
from ledger.core.payout import payout_lines
from ledger.core.period import Span, first_day, last_day, period_key
from ledger.core.rank import Rank, rank_lines, rank_window
from ledger.core.refusal import Reason, Refused
from ledger.core.streak import Streak, streak_lines
from ledger.db.journal import show_programmes
from ledger.db.past import areas_of_owners, earned_under_rules, main_balances
from ledger.db.schemes import SchemeShelf

Of = TypeVar("Of", Rank, Streak)


async def post_rank(
    connection: asyncpg.Connection, compiled: Compiled, rank_id: str, day: date, shelf: SchemeShelf, *, principal: str
) -> BatchResult:
    """The best of the period that holds `day` get their bonus; equal totals share the better place."""
    rank = _named(compiled.rulebook.ranks, rank_id)
    programme = compiled.programme.programme
    period, first, last = rank_window(rank, compiled.rulebook.campaigns, day)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        earned = await earned_under_rules(connection, programme, first, last, rank.rules, rank.counts.value)
        areas = await areas_of_owners(connection, programme) if rank.by_area else {}
    totals = {owner: sum(days.values()) for owner, days in earned.items()}
    lines = rank_lines(rank, period, totals, areas)
    name = batch_name("rank", rank.id, period)
    return await _post(connection, programme, name, _bonuses(compiled, rank, lines, day), shelf, principal)


async def post_streak(
    connection: asyncpg.Connection,
    compiled: Compiled,
    streak_id: str,
    day: date,
    shelf: SchemeShelf,
    *,
    principal: str,
) -> BatchResult:
    """Whose run of good periods is long enough in the period that holds `day` gets the bonus."""
    streak = _named(compiled.rulebook.streaks, streak_id)
    programme = compiled.programme.programme
    async with connection.transaction():
        await show_programmes(connection, [programme])
        earned = await earned_under_rules(
            connection, programme, date.min, last_day(streak.per, day), streak.rules, streak.counts.value
        )
    totals = {owner: _by_period(streak, days) for owner, days in earned.items()}
    lines = streak_lines(streak, day, totals)
    name = batch_name("streak", streak.id, period_key(streak.per, day))
    return await _post(connection, programme, name, _bonuses(compiled, streak, lines, day), shelf, principal)


async def post_reset(
    connection: asyncpg.Connection,
    compiled: Compiled,
    reset: PeriodReset,
    day: date,
    shelf: SchemeShelf,
    *,
    principal: str,
) -> BatchResult:
    """Balances return to their base at the end of the period that holds `day`; who stands right is left alone."""
    programme = compiled.programme.programme
    async with connection.transaction():
        await show_programmes(connection, [programme])
        balances = await main_balances(connection, programme, reset.unit.value)
    owners = [owner for owner, _ in reset_differences(reset, balances)]
    commands = ((owner, Reset(owner, reset.to, reset.carry, unit=reset.unit.value)) for owner in owners)
    name = batch_name("reset", reset.unit.value, period_key(reset.every, day))
    return await _post(connection, programme, name, commands, shelf, principal)


async def post_dividend(
    connection: asyncpg.Connection, compiled: Compiled, pool_fen: int, day: date, shelf: SchemeShelf, *, principal: str
) -> BatchResult:
    """The pool is paid out by what was earned in the year of `day`; all fen together are the pool."""
    programme = compiled.programme.programme
    dividend = compiled.programme.dividend or Dividend()
    first, last = first_day(Span.YEAR, day), last_day(Span.YEAR, day)
    async with connection.transaction():
        await show_programmes(connection, [programme])
        earned = await earned_under_rules(connection, programme, first, last, (), dividend.unit.value)
    lines = payout_lines(pool_fen, {owner: sum(days.values()) for owner, days in earned.items()})
    commands = ((line.owner, Split(line.amount, (Share(line.owner, 1),), "cash")) for line in lines)
    name = batch_name("dividend", str(pool_fen), period_key(Span.YEAR, day))
    return await _post(connection, programme, name, commands, shelf, principal)


def _bonuses(
    compiled: Compiled, of: Rank | Streak, lines: Iterable[BatchLine], day: date
) -> Iterator[tuple[str, Command]]:
    for line in lines:
        if line.amount and line.why is not None:
            yield (
                line.owner,
                Bonus(
                    owner=line.owner,
                    amount=line.amount,
                    rule=of.id,
                    rulebook=compiled.digest,
                    category=of.category,
                    happened_on=day,
                    why=line.why,
                    unit=of.unit.value,
                ),
            )


async def _post(
    connection: asyncpg.Connection,
    programme: str,
    name: str,
    commands: Iterable[tuple[str, Command]],
    shelf: SchemeShelf,
    principal: str,
) -> BatchResult:
    """The batch's name and the owner make the key, so the same evaluation posts once however often it is run."""
    requests = (Request(programme, principal, f"{name}:{owner}", command, batch=name) for owner, command in commands)
    result = BatchResult()
    async for so_far in post_batch(connection, requests, shelf):
        result = so_far
    return result


def _named(these: Iterable[Of], id: str) -> Of:
    for one in these:
        if one.id == id:
            return one
    raise Refused(Reason.UNKNOWN_RULE, rule=id)


def _by_period(streak: Streak, days: Mapping[date, int]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for day, total in days.items():
        period = period_key(streak.per, day)
        totals[period] = totals.get(period, 0) + total
    return totals
