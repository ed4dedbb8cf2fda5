"""Rankings: the best of a period get a bonus; equal totals share the better place."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.batch import BatchLine
from ledger.core.campaign import Campaign
from ledger.core.measured import SomeAmount
from ledger.core.period import Span, first_day, last_day, period_key
from ledger.core.title import Note, Slug, Title
from ledger.core.trace import Placed
from ledger.core.unit import RuleUnit


class RankExample(Struct, frozen=True, forbid_unknown_fields=True):
    """Totals of a period by household, and what each then gets; who gets nothing may be left out."""

    totals: dict[Slug, Annotated[int, Meta(ge=0, le=10**9)]]
    expect: dict[Slug, Annotated[int, Meta(ge=0, le=10**9)]]


class Rank(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The first places of a period by what was earned, under all rules or those that are named."""

    id: Slug
    title: Title
    category: Slug
    per: Span
    top: Annotated[tuple[SomeAmount, ...], Meta(min_length=1, max_length=1000)]
    unit: RuleUnit = RuleUnit.POINTS
    counts: RuleUnit = RuleUnit.POINTS
    rules: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    campaign: Slug | None = None
    least: Annotated[int, Meta(ge=0, le=10**9)] = 1
    by_area: bool = False
    honour: Slug | None = None
    examples: Annotated[tuple[RankExample, ...], Meta(max_length=20)] = ()
    assumption: Note | None = None

    def __post_init__(self) -> None:
        if (self.per is Span.CAMPAIGN) != (self.campaign is not None):
            raise ValueError("per 为 campaign 时写明 campaign / `per: campaign` names its `campaign`")


def rank_lines(
    rank: Rank, period: str, totals: Mapping[str, int], areas: Mapping[str, str] | None = None
) -> tuple[BatchLine, ...]:
    """Who gets what, best first; area by area where the rank says so. Two who tie are both first, none is second."""
    groups: dict[str, list[str]] = {}
    for owner in sorted(totals, key=lambda owner: (-totals[owner], owner)):
        if totals[owner] >= max(1, rank.least):
            area = (areas or {}).get(owner, "") if rank.by_area else ""
            groups.setdefault(area, []).append(owner)
    return tuple(line for area in sorted(groups) for line in _placed(rank, period, groups[area], totals))


def rank_window(rank: Rank, campaigns: Sequence[Campaign], day: date) -> tuple[str, date, date]:
    """The name of the period that holds the day, its first and its last day; a campaign is its own period."""
    for campaign in campaigns:
        if campaign.id == rank.campaign:
            return campaign.id, campaign.from_, campaign.until
    return period_key(rank.per, day), first_day(rank.per, day), last_day(rank.per, day)


def _placed(rank: Rank, period: str, best_first: list[str], totals: Mapping[str, int]) -> Iterator[BatchLine]:
    place = 0
    for number, owner in enumerate(best_first, 1):
        if number == 1 or totals[owner] < totals[best_first[number - 2]]:
            place = number
        if place > len(rank.top):
            return
        amount = rank.top[place - 1]
        yield BatchLine(owner, rank.unit.value, amount, Placed(rank.id, period, totals[owner], place, amount))
