"""What stands behind the points of a programme now, and what would after a publication."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import asyncpg
import msgspec

from ledger.core.balance import AMOUNT_MAX
from ledger.core.campaign import Campaign
from ledger.core.cap import Cap, Subject, counter_name
from ledger.core.cover import Cover
from ledger.core.item import Item, price_on
from ledger.core.period import Span, period_key
from ledger.core.programme import Programme
from ledger.core.rate import rate_on
from ledger.core.ratio import fraction
from ledger.core.rulebook import Rulebook
from ledger.core.scheme import Scheme
from ledger.db import cover

_DAYS_MAX = 100


class BudgetUse(msgspec.Struct, frozen=True):
    """One budget in the period that runs now."""

    category: str | None
    period: str
    limit: int
    used: int


class Held(msgspec.Struct, frozen=True):
    """What the books say, before prices are put on it."""

    outstanding: int
    claims: int
    pieces: Mapping[str, int]
    fund_fen: int


async def read_held(connection: asyncpg.Connection, programme: str) -> Held:
    outstanding, claims = await cover.points_outstanding(connection, programme)
    pieces = await cover.pieces_in_stock(connection, programme)
    return Held(outstanding, claims, pieces, await cover.fund_fen(connection, programme))


def cover_of(held: Held, items: Mapping[str, Item], policy: Programme, day: date, *, promised: int = 0) -> Cover:
    """At the points prices and the rate of a day; goods without a price are worth nothing, money without a rate too."""
    stock = 0
    for item, pieces in held.pieces.items():
        found = items.get(item)
        price = None if found is None else price_on(found.prices, day)
        stock += 0 if price is None else price.points * pieces
    rate = rate_on(policy.rates, day)
    fund = int(held.fund_fen / rate) if rate else 0
    return Cover(held.outstanding, held.claims, stock, held.fund_fen, fund, promised)


def least_cover(held: Held, items: Mapping[str, Item], policy: Programme, today: date) -> Cover:
    """Of all days on which a price of these items changes, today among them."""
    changes = {price.from_ for item in items.values() for price in item.prices if price.from_ > today}
    days = [today, *sorted(changes)[:_DAYS_MAX]]
    return min((cover_of(held, items, policy, day) for day in days), key=lambda one: one.stock + one.fund)


async def promised_points(connection: asyncpg.Connection, scheme: Scheme, rulebook: Rulebook, today: date) -> int:
    """What the campaigns of a rulebook that no published one knows may add to the points, as far as they are not over.

    One that multiplies promises what its rules gave in as many days before today, times what it adds. Rules of its own
    promise what they may give in all; without such a limit there is no bound.
    """
    known = {campaign.id for book in scheme.rulebooks for campaign in book.rulebook.campaigns}
    points = 0
    for campaign in rulebook.campaigns:
        if campaign.id in known or campaign.until < today:
            continue
        points += _own_rules(campaign, rulebook)
        if campaign.times is not None:
            days = (campaign.until - max(campaign.from_, today)).days + 1
            rules = [
                rule.id for rule in rulebook.rules
                if rule.id in campaign.rules or rule.category in campaign.categories
            ]  # fmt: skip
            given = await cover.issued_by_rules(
                connection, scheme.slug, rules, today - timedelta(days=days), today - timedelta(days=1)
            )
            points += ceil(max(Fraction(0), fraction(campaign.times) - 1) * given)
    return min(points, AMOUNT_MAX)


def _own_rules(campaign: Campaign, rulebook: Rulebook) -> int:
    points = 0
    for rule in rulebook.rules:
        if rule.campaign == campaign.id and rule.gives:
            limits = [
                cap.points for cap in rule.caps if cap.of is Subject.PROGRAMME and cap.per in _WHOLE and cap.points
            ]
            points += min(limits, default=AMOUNT_MAX)
    return points


async def read_budgets(connection: asyncpg.Connection, scheme: Scheme, today: date) -> tuple[BudgetUse, ...]:
    """Each of the programme's budgets with what its running period has used."""
    named = []
    for budget in scheme.policy.budgets:
        cap = Cap(budget.per, points=budget.points, of=Subject.PROGRAMME, over=budget.over)
        named.append((budget, counter_name(f"budget:{budget.category or 'all'}", cap), period_key(budget.per, today)))
    used = await cover.budgets_used(
        connection, scheme.slug, [counter for _, counter, _ in named], [period for _, _, period in named]
    )
    return tuple(
        BudgetUse(budget.category, period, budget.points, used.get(counter, 0)) for budget, counter, period in named
    )


_WHOLE = (Span.CAMPAIGN, Span.EVER)
