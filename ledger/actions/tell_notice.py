"""Public notices and bulletins: who got what for which deed, with masked names and the last checkpoint."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import asyncpg
import msgspec

from ledger.actions.read_sheet import safe_cell
from ledger.core.mask import mask_name
from ledger.core.refusal import Refused
from ledger.core.scheme import Scheme
from ledger.core.title import Title
from ledger.db import notices
from ledger.db.notices import Noticed
from ledger.db.past import areas_of_owners, earned_under_rules
from ledger.db.seals import find_checkpoint

NOTICE_LINES_MAX = 20_000
_PAGE = 2_000
_ELSEWHERE = Title("其他", "Elsewhere")


class NoticeLine(msgspec.Struct, frozen=True):
    """One award under notice. `objections_until` is the last day to object; none while an objection holds it."""

    transaction: str
    name: str
    area: str | None
    rule: Title
    happened_on: date
    amounts: Mapping[str, int]
    objections_until: date | None
    is_held: bool


class AreaLine(msgspec.Struct, frozen=True):
    """How many of an area's account holders took part, and what they earned together."""

    place: int
    area: str | None
    title: Title
    holders: int
    taking_part: int
    percent: int
    points: int


class BestLine(msgspec.Struct, frozen=True):
    """One of those who earned most; who does not want to be named is not."""

    place: int
    name: str
    area: str | None
    points: int


class Bulletin(msgspec.Struct, frozen=True):
    """A period of a programme, as it may hang on a wall; the checkpoint binds it to the sealed log."""

    programme: Title
    first: date
    last: date
    issued: int
    redeemed: int
    areas: tuple[AreaLine, ...]
    best: tuple[BestLine, ...]
    checkpoint: str | None


async def tell_notice(
    connection: asyncpg.Connection,
    scheme: Scheme,
    *,
    first: date | None,
    last: date | None,
    area: str | None,
    after: str = "",
    limit: int = _PAGE,
) -> list[NoticeLine]:
    """One page; everybody who is under notice is named, for it is there to be checked."""
    found = await notices.read_notice(
        connection, scheme.slug, first=first, last=last, area=area, after=after, limit=limit
    )
    return [_line(scheme, one) for one in found]


async def whole_notice(
    connection: asyncpg.Connection, scheme: Scheme, *, first: date | None, last: date | None, area: str | None
) -> list[NoticeLine]:
    """All of it, as far as paper goes."""
    lines: list[NoticeLine] = []
    while len(lines) < NOTICE_LINES_MAX:
        after = lines[-1].transaction if lines else ""
        page = await tell_notice(connection, scheme, first=first, last=last, area=area, after=after)
        lines += page
        if len(page) < _PAGE:
            break
    return lines


async def tell_bulletin(
    connection: asyncpg.Connection, scheme: Scheme, *, first: date, last: date, best: int
) -> Bulletin:
    """Earned by the day of the activity, after corrections; redeemed by the day of the sale, less what came back."""
    holder = scheme.policy.account_holder.value
    prefix = {"household": "hh_", "member": "mbr_"}[holder]
    earned = await earned_under_rules(connection, scheme.slug, first, last, (), "points")
    totals = {owner: sum(days.values()) for owner, days in earned.items() if owner.startswith(prefix)}
    areas = await areas_of_owners(connection, scheme.slug)
    checkpoint = await find_checkpoint(connection, scheme.slug)
    return Bulletin(
        programme=scheme.policy.title,
        first=first,
        last=last,
        issued=sum(totals.values()),
        redeemed=await notices.count_redeemed(connection, scheme.slug, first, last),
        areas=_area_lines(scheme, await notices.count_holders(connection, scheme.slug, holder), totals, areas),
        best=await _best_lines(connection, scheme, totals, areas, best),
        checkpoint=None if checkpoint is None else checkpoint.note,
    )


def notice_csv(lines: Sequence[NoticeLine]) -> bytes:
    head = ("transaction", "name", "area", "rule", "happened_on", "amounts", "objections_until", "held")
    rows = (
        (
            line.transaction, line.name, line.area or "", line.rule.zh, line.happened_on, _amounts(line.amounts),
            line.objections_until or "", "1" if line.is_held else "",
        )
        for line in lines
    )  # fmt: skip
    return _csv(head, rows)


def bulletin_csv(bulletin: Bulletin) -> bytes:
    head = ("kind", "place", "name", "holders", "taking_part", "percent", "points")
    areas = (
        ("area", line.place, line.title.zh, line.holders, line.taking_part, line.percent, line.points)
        for line in bulletin.areas
    )
    best = (("best", line.place, line.name, "", "", "", line.points) for line in bulletin.best)
    totals = (
        ("issued", "", "", "", "", "", bulletin.issued),
        ("redeemed", "", "", "", "", "", bulletin.redeemed),
        ("checkpoint", "", (bulletin.checkpoint or "").replace("\n", " "), "", "", "", ""),
    )
    return _csv(head, [*areas, *best, *totals])


def _csv(head: Iterable[object], rows: Iterable[Iterable[object]]) -> bytes:
    """With the mark by which spreadsheets know UTF-8, and no cell that they would reckon."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(head)
    writer.writerows([safe_cell(str(cell)) for cell in row] for row in rows)
    return file.getvalue().encode("utf-8-sig")


def _amounts(amounts: Mapping[str, int]) -> str:
    return "; ".join(f"{unit} {amount}" for unit, amount in sorted(amounts.items()))


def _line(scheme: Scheme, one: Noticed) -> NoticeLine:
    return NoticeLine(
        transaction=one.transaction,
        name=mask_name(one.name),
        area=one.area,
        rule=_rule_title(scheme, one),
        happened_on=one.happened_on,
        amounts=one.amounts,
        objections_until=None if one.is_held else one.due_on - timedelta(days=1),
        is_held=one.is_held,
    )


def _rule_title(scheme: Scheme, one: Noticed) -> Title:
    try:
        rule = scheme.rulebook_on(one.happened_on).rules.get(one.rule)
    except Refused:
        rule = None
    return Title(one.rule, one.rule) if rule is None else rule.rule.title


def _area_lines(
    scheme: Scheme, holders: Mapping[str | None, int], totals: Mapping[str, int], areas: Mapping[str, str]
) -> tuple[AreaLine, ...]:
    """Most points a head first, so that a small area may lead; equal ones share a place."""
    points: dict[str | None, int] = {}
    parts: dict[str | None, int] = {}
    for owner, total in totals.items():
        area = areas.get(owner)
        points[area] = points.get(area, 0) + total
        parts[area] = parts.get(area, 0) + (total > 0)
    titles = scheme.policy.choices("areas")
    ranked = sorted(holders, key=lambda area: (-points.get(area, 0) / holders[area], area or "~"))
    lines: list[AreaLine] = []
    for number, area in enumerate(ranked, start=1):
        head = points.get(area, 0) / holders[area]
        same = bool(lines) and lines[-1].points / lines[-1].holders == head
        lines.append(
            AreaLine(
                place=lines[-1].place if same else number,
                area=area,
                title=_ELSEWHERE if area is None else titles.get(area, Title(area, area)),
                holders=holders[area],
                taking_part=parts.get(area, 0),
                percent=parts.get(area, 0) * 100 // holders[area],
                points=points.get(area, 0),
            )
        )
    return tuple(lines)


async def _best_lines(
    connection: asyncpg.Connection, scheme: Scheme, totals: Mapping[str, int], areas: Mapping[str, str], best: int
) -> tuple[BestLine, ...]:
    """Places are counted among those who are named: a gap would tell that somebody is not."""
    hidden = await notices.list_unlisted(connection, scheme.slug)
    ranked = sorted((owner for owner in totals if totals[owner] > 0), key=lambda owner: (-totals[owner], owner))
    shown = [owner for owner in ranked if owner not in hidden][:best]
    names = await notices.read_listed_names(connection, scheme.slug, shown)
    lines: list[BestLine] = []
    for number, owner in enumerate(shown, start=1):
        same = bool(lines) and lines[-1].points == totals[owner]
        place = lines[-1].place if same else number
        lines.append(BestLine(place, mask_name(names.get(owner)), areas.get(owner), totals[owner]))
    return tuple(lines)
