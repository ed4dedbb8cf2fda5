"""A report of a period: its rows, and beside them the whole programme's figures as the trial balance has them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import asyncpg
from msgspec import Struct

from ledger.db import reports
from ledger.db.trial_balance import Heading, Span, list_headings

HELD = ("main", "pending", "held", "debt")


class Whole(Struct, frozen=True):
    """Points of the whole programme. `redeemed` at outlets and `at_shops` are net of what came back.

    `breakage` is expired over issued, `burn_rate` redeemed (at shops too) over issued, as fractions; without anything
    issued there are none.
    """

    opening: int
    issued: int
    redeemed: int
    at_shops: int
    settled: int
    commission: int
    expired: int
    other: int
    outstanding: int
    claims: int
    breakage: str | None
    burn_rate: str | None


Reader = Callable[..., Awaitable[Sequence[Any]]]

READERS: Mapping[str, tuple[Reader, type[Struct]]] = {
    "areas": (reports.by_area, reports.AreaRow),
    "months": (reports.by_month, reports.MonthRow),
    "categories": (reports.by_category, reports.CategoryRow),
    "outlets": (reports.by_outlet, reports.OutletRow),
    "merchants": (reports.by_merchant, reports.MerchantRow),
    "items": (reports.by_item, reports.ItemRow),
}


async def read_whole(connection: asyncpg.Connection, span: Span) -> Whole:
    """From the headings of the trial balance, so that a report cannot disagree with it."""
    headings = [one for one in await list_headings(connection, span) if one.unit == "points"]
    held = [one for one in headings if one.side != "programme" and one.purse in HELD]
    claims = [one for one in headings if one.purse == "claims"]
    issued = -_net(one for one in headings if one.purse.startswith("issued:"))
    redeemed, expired = (_net(one for one in headings if one.purse == purse) for purse in ("redeemed", "expired"))
    settled, kept = (_net(one for one in headings if one.purse == purse) for purse in ("settled", "commission"))
    # A settlement moves claims to `settled` and `commission`; everything else that moved them came from residents.
    at_shops = _net(claims) + settled + kept
    opening, outstanding = sum(one.opening for one in held), sum(one.closing for one in held)
    return Whole(
        opening=opening,
        issued=issued,
        redeemed=redeemed,
        at_shops=at_shops,
        settled=settled,
        commission=kept,
        expired=expired,
        other=outstanding - opening - issued + redeemed + at_shops + expired,
        outstanding=outstanding,
        claims=sum(one.closing for one in claims),
        breakage=_share(expired, issued),
        burn_rate=_share(redeemed + at_shops, issued),
    )


def _net(headings: Any) -> int:
    found: list[Heading] = list(headings)
    return sum(one.came - one.went for one in found)


def _share(part: int, whole: int) -> str | None:
    return str(Fraction(part, whole)) if whole > 0 else None
