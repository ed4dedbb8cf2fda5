"""A merchant's statement: each line at its own day's rate, whole numbers that add up, and nothing lost in rounding."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from msgspec import Struct

from ledger.core.alliance import Alliance, commission_on
from ledger.core.rate import Rate, rate_on
from ledger.core.refusal import Reason, Refused


class Claim(Struct, frozen=True):
    """One entry of a merchant's claims. `rated_on` is its own day; what a refund gives back has the day of its sale."""

    account_version: int
    journal_id: str
    kind: str
    effective_on: date
    rated_on: date
    points: int


class StatementLine(Struct, frozen=True):
    """A claim with what it is worth; `rate` is fen a point and `share` the commission, as exact fractions."""

    claim: Claim
    rate: str
    share: str
    commission_points: int
    fen: int
    commission_fen: int


class Rests(Struct, frozen=True):
    """What was left of a point or a fen in all statements so far: it goes into the next one."""

    commission_points: Fraction = Fraction(0)
    fen: Fraction = Fraction(0)
    commission_fen: Fraction = Fraction(0)


class Totals(Struct, frozen=True):
    """The sums of lines. What is paid is `net`."""

    lines: int
    points: int
    commission_points: int
    fen: int
    commission_fen: int

    @property
    def net_points(self) -> int:
        return self.points - self.commission_points

    @property
    def net_fen(self) -> int:
        return self.fen - self.commission_fen


def draw_lines(
    claims: Sequence[Claim], terms: Alliance, rates: Sequence[Rate], rests: Rests
) -> tuple[tuple[StatementLine, ...], Rests]:
    """Refuses a day without a rate. Whole parts go to the largest remainders first, ties in the account's order."""
    worth = [_rate(rates, claim.rated_on) for claim in claims]
    shares = [commission_on(terms, claim.rated_on) for claim in claims]
    kept, rest_kept = spread([claim.points * share for claim, share in zip(claims, shares, strict=True)],
                             rests.commission_points)  # fmt: skip
    fen, rest_fen = spread([claim.points * rate for claim, rate in zip(claims, worth, strict=True)], rests.fen)
    exact = [claim.points * rate * share for claim, rate, share in zip(claims, worth, shares, strict=True)]
    kept_fen, rest_kept_fen = spread(exact, rests.commission_fen)
    lines = tuple(
        StatementLine(claim, str(worth[place]), str(shares[place]), kept[place], fen[place], kept_fen[place])
        for place, claim in enumerate(claims)
    )
    return lines, Rests(rest_kept, rest_fen, rest_kept_fen)


def spread(exact: Sequence[Fraction], rest: Fraction) -> tuple[list[int], Fraction]:
    """Whole parts whose sum is the whole part of all with what was left before, and what is left now."""
    everything = rest + sum(exact)
    whole = everything.numerator // everything.denominator
    parts = [number.numerator // number.denominator for number in exact]
    order = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: whole - sum(parts)]:
        parts[place] += 1
    return parts, everything - whole


def totals_of(lines: Sequence[tuple[int, int, int, int]]) -> Totals:
    """Of points, commission in points, fen and commission in fen, line by line."""
    points, kept, fen, kept_fen = (sum(line[place] for line in lines) for place in range(4))
    return Totals(len(lines), points, kept, fen, kept_fen)


def _rate(rates: Sequence[Rate], day: date) -> Fraction:
    rate = rate_on(rates, day)
    if rate is None:
        raise Refused(Reason.NO_RATE_IN_FORCE, day=day.isoformat())
    return rate
