"""What the verbs should do to points: rules, notices, penalties, transfers, resets, settlements, dividends."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.model.books import FOREVER, OURS, Books, Move, No, Posted, Where, months_on, quarter_end, skip_and_take

HOLDERS = ("household", "merchant")
FIRST_DAY = date(2026, 1, 1)
ADJUST_LIMIT = 100


class Limit(NamedTuple):
    """At most so many times or points in a week, month or year, each for its receiver or for all together."""

    per: str
    times: int | None = None
    points: int | None = None
    for_all: bool = False


class Rule(NamedTuple):
    """Gives of (unit, amount, last good day of what becomes active on a day)."""

    gives: tuple[tuple[str, int, Callable[[date], date]], ...]
    limits: tuple[Limit, ...] = ()
    notice_days: int = 0
    for_merchant: bool = False
    photos: int = 0


def a_year(day: date) -> date:
    return months_on(day, 12)


def this_month(day: date) -> date:
    return months_on(day, 0)


def next_quarter(day: date) -> date:
    return quarter_end(quarter_end(day) + timedelta(days=1))


def never(day: date) -> date:
    return FOREVER


RULES = {
    "sweep": Rule((("points", 5, a_year),), (Limit("month", times=4),)),
    "plenty": Rule((("points", 100, a_year),)),
    "hasty": Rule((("points", 40, this_month),)),
    "slow": Rule((("points", 33, next_quarter),)),
    "lasting": Rule((("points", 7, never),), photos=1),
    "trickle": Rule((("points", 20, a_year),), (Limit("week", points=50),)),
    "budgeted": Rule((("points", 60, this_month),), (Limit("year", points=500, for_all=True), Limit("month", times=3))),
    "noticed": Rule((("points", 60, this_month),), (Limit("month", times=5),), notice_days=3),
    "mixed": Rule(
        (("points", 10, a_year), ("gift", 6, a_year), ("score", 3, never), ("service_minutes", 45, never)),
        (Limit("month", points=25),),
    ),
    "noticed-mixed": Rule((("points", 12, next_quarter), ("gift", 5, a_year)), (), notice_days=20),
    "open-shop": Rule((("points", 15, a_year),), (Limit("week", times=2),), for_merchant=True),
}
CATEGORY = "clean"


def usual_day(unit: str, day: date) -> date:
    """The programme's policy is for points and gifts; hours, scores and money do not lapse."""
    return a_year(day) if unit in ("points", "gift") else FOREVER


class Points(Books):
    """Each method decides one verb: a transaction, or No."""

    def award(self, rule: str, to: str, on: date, photos: int) -> Posted:
        self.in_force(on)
        if rule not in RULES:
            raise No("unknown_rule", rule=rule)
        line = RULES[rule]
        if on > self.today:
            raise No("not_due", due_on=on.isoformat())
        if line.for_merchant != to.startswith("mer_"):
            raise No("wrong_holder", owner=to)
        self.must_have(to, *HOLDERS)
        if photos < line.photos:
            raise No("evidence_missing", rule=rule)
        amounts = [amount for _, amount, _ in line.gives]
        counted = self._limit(rule, to, on, amounts)
        moves = []
        for (unit, _, lasts), amount in zip(line.gives, amounts, strict=True):
            if amount:
                moves.append(Move(Where(OURS, f"issued:{CATEGORY}", unit), -amount))
                if line.notice_days:
                    moves.append(Move(Where(to, "pending", unit), amount))
                else:
                    moves += self.credit(to, unit, amount, lasts(self.today))
        due = self.today + timedelta(days=line.notice_days + 1) if line.notice_days else None
        return Posted("award", self.today, moves, owner=to, rule=rule, counted=counted, due=due, happened_on=on)

    def in_force(self, on: date) -> None:
        if on < FIRST_DAY:
            raise No("rule_not_in_force", first_day=FIRST_DAY.isoformat())

    def _limit(self, rule: str, to: str, on: date, amounts: list[int]) -> dict[tuple[str, str, str], int]:
        """Cuts the points (always the first of the amounts) and says what is used up."""
        limits = RULES[rule].limits
        keys = [_counter(rule, to, on, limit) for limit in limits]
        for limit, key in zip(limits, keys, strict=True):
            if limit.times is not None and self.used[key] >= limit.times:
                raise No("limit_reached", limit=limit.times, used=self.used[key])
        for limit, key in zip(limits, keys, strict=True):
            if limit.points is not None:
                amounts[0] = min(amounts[0], max(0, limit.points - self.used[key]))
        if not any(amounts):
            raise No("limit_reached")
        charged = {key: 1 if limit.times else amounts[0] for limit, key in zip(limits, keys, strict=True)}
        return {key: number for key, number in charged.items() if number}

    def following(self, of: int | None, *verbs: str) -> Posted:
        if of is None:
            raise No("not_found")
        if self.posted[of].verb not in verbs:
            raise No("wrong_kind", kind=self.posted[of].verb)
        return self.posted[of]

    def open_one(self, of: int | None, *verbs: str) -> Posted:
        opened = self.following(of, *verbs)
        if not opened.is_open:
            raise No("not_open")
        return opened

    def activate(self, of: int | None) -> Posted:
        award = self.open_one(of, "award", "donate")
        assert award.due is not None
        if self.today < award.due:
            raise No("not_due", due_on=award.due.isoformat())
        award.ended, award.ended_on = "activate", self.today
        moves = []
        for where, amount in self.still_pending(award):
            moves.append(Move(where, -amount))
            moves += self.credit(where.owner, where.unit, amount, self.good_until(award, where.unit))
        return Posted("activate", self.today, moves, owner=award.owner)

    def cancel_pending(self, of: int | None) -> Posted:
        award = self.open_one(of, "award", "donate")
        award.ended = "cancel_pending"
        moves = []
        for where, amount in self.still_pending(award):
            moves.append(Move(where, -amount))
            moves.append(Move(Where(OURS, f"issued:{CATEGORY}", where.unit), amount))
        counted = counted_back(award, award.left, is_last=True)
        return Posted("cancel_pending", self.today, moves, owner=award.owner, counted=counted)

    def still_pending(self, award: Posted) -> list[tuple[Where, int]]:
        """What of it has not been taken back meanwhile."""
        pending = [move for move in award.moves if move.where.purse == "pending"]
        return [
            (move.where, move.amount)
            for move in skip_and_take(pending, award.undone, sum(move.amount for move in pending))
        ]

    def good_until(self, award: Posted, unit: str) -> date:
        """Fixed on the day on which an award becomes active."""
        lasts = {give[0]: give[2] for give in RULES[award.rule].gives}
        return lasts[unit](award.ended_on or award.on)

    def deduct(self, owner: str, unit: str, amount: int, shortage: str) -> Posted:
        self.must_have(owner, *HOLDERS)
        main = Where(owner, "main", unit)
        there = min(amount, self.spendable(main))
        owed = amount - there if shortage == "debt" else 0
        if not there + owed:
            raise No("nothing_to_post", required=amount)
        moves = [*self.pay(main, there), Move(Where(OURS, "clawed_back", unit), there + owed)]
        if owed:
            moves.append(Move(Where(owner, "debt", unit), -owed))
        return Posted("deduct", self.today, moves, owner=owner)

    def transfer(self, owner: str, to: str, unit: str, amount: int) -> Posted:
        self.must_have(owner, *HOLDERS)
        self.must_have(to, *HOLDERS)
        if owner == to:
            raise No("nothing_to_post")
        self._must_afford(Where(owner, "main", unit), amount)
        paid = self.pay(Where(owner, "main", unit), amount)
        owes = -self.total(Where(to, "debt", unit))
        moves = list(paid)
        for part in paid:
            repaid = min(owes, -part.amount)
            owes -= repaid
            moves += [Move(Where(to, "debt", unit), repaid)] if repaid else []
            rest = -part.amount - repaid
            moves += [Move(Where(to, "main", unit), rest, part.day)] if rest else []
        return Posted("transfer", self.today, moves, owner=owner)

    def _must_afford(self, main: Where, amount: int) -> None:
        available = self.spendable(main)
        if amount > available:
            raise No("insufficient_points", required=amount, available=available, missing=amount - available)

    def adjust(self, owner: str, unit: str, amount: int, approver: str | None, asker: str) -> Posted:
        self.must_have(owner, *HOLDERS)
        if not amount:
            raise No("nothing_to_post")
        if abs(amount) > ADJUST_LIMIT and approver in (None, asker):
            raise No("second_approver_needed", amount=amount, limit=ADJUST_LIMIT)
        main = Where(owner, "main", unit)
        moves = [Move(Where(OURS, "issued:by-hand", unit), -amount)]
        if amount < 0:
            self._must_afford(main, -amount)
            moves += self.pay(main, -amount)
        else:
            moves += self.credit(owner, unit, amount, usual_day(unit, self.today))
        return Posted("adjust", self.today, moves, owner=owner)

    def open(self, owner: str, unit: str, amount: int, until: date | None) -> Posted:
        self.must_have(owner, *HOLDERS)
        day = until or usual_day(unit, self.today)
        if day < self.today:
            raise No("not_due")
        moves = [Move(Where(OURS, "opening", unit), -amount), Move(Where(owner, "main", unit), amount, day)]
        return Posted("open", self.today, moves, owner=owner)

    def expire(self, owner: str, unit: str) -> Posted:
        self.must_have(owner, *HOLDERS)
        main = Where(owner, "main", unit)
        moves = [Move(main, -amount, day) for day, amount in self.purses[main].items() if day < self.today]
        if not moves:
            raise No("nothing_to_post")
        lost = -sum(move.amount for move in moves)
        return Posted("expire", self.today, [*moves, Move(Where(OURS, "expired", unit), lost)], owner=owner)

    def reset(self, owner: str, unit: str, base: int) -> Posted:
        self.must_have(owner, *HOLDERS)
        main, debt = Where(owner, "main", unit), Where(owner, "debt", unit)
        moves = []
        if self.total(debt):
            moves += [Move(debt, -self.total(debt)), Move(Where(OURS, "issued:by-hand", unit), self.total(debt))]
        above = self.spendable(main) - base
        if above > 0:
            moves += [*self.pay(main, above), Move(Where(OURS, "expired", unit), above)]
        elif above < 0:
            moves.append(Move(Where(OURS, "issued:by-hand", unit), above))
            moves.append(Move(main, -above, usual_day(unit, self.today)))
        if not moves:
            raise No("nothing_to_post")
        return Posted("reset", self.today, moves, owner=owner)

    def bonus(self, owner: str, unit: str, amount: int, on: date, is_known: bool) -> Posted:
        if not is_known:
            raise No("unknown_rule")
        self.must_have(owner, *HOLDERS)
        moves = [Move(Where(OURS, f"issued:{CATEGORY}", unit), -amount)]
        moves += self.credit(owner, unit, amount, usual_day(unit, self.today))
        return Posted("bonus", self.today, moves, owner=owner, happened_on=on)

    def rerate(self, of: int | None, unit: str, difference: int, earlier: int) -> Posted:
        award = self.following(of, "award", "donate")
        if award.undone:
            raise No("already_reversed")
        if award.reratings != earlier:
            raise No("not_open")
        main, day = Where(award.owner, "main", unit), usual_day(unit, self.today)
        moves = [Move(Where(OURS, f"issued:{CATEGORY}", unit), -difference)]
        if difference > 0:
            moves += self.credit(award.owner, unit, difference, day)
        else:
            moves += self.take_back(main, -difference, day)
        self.must_be_open(moves)
        award.reratings += 1
        return Posted("rerate", self.today, moves, owner=award.owner, of=of)

    def settle(self, merchant: str, points: int, part: int, out_of: int, fen: int) -> Posted:
        if self.kinds.get(merchant) != "merchant":
            raise No("not_found")
        if part > out_of:
            raise No("more_than_there_was")
        commission = int(Fraction(part, out_of) * points)
        moves = [
            Move(Where(merchant, "claims", "points"), -points),
            Move(Where(OURS, "settled", "points"), points - commission),
            Move(Where(OURS, "commission", "points"), commission),
            Move(Where(OURS, "fund", "cash"), -fen),
            Move(Where(OURS, "cash_outside", "cash"), fen),
        ]
        return Posted("settle", self.today, [move for move in moves if move.amount])

    def split(self, pool: int, unit: str, shares: tuple[tuple[str, int], ...]) -> Posted:
        for owner, _ in shares:
            self.must_have(owner, *HOLDERS)
        if len({owner for owner, _ in shares}) < len(shares):
            raise No("more_than_there_was")
        whole = sum(weight for _, weight in shares)
        exact = [Fraction(pool * weight, whole) for _, weight in shares]
        parts = [int(part) for part in exact]
        while sum(parts) < pool:
            behind = [share - part for share, part in zip(exact, parts, strict=True)]
            parts[behind.index(max(behind))] += 1
        moves = [Move(Where(OURS, "fund", unit), -pool)]
        for (owner, _), part in zip(shares, parts, strict=True):
            moves += [Move(Where(owner, "main", unit), part, usual_day(unit, self.today))] if part else []
        return Posted("split", self.today, moves)


def counted_back(source: Posted, amount: int, *, is_last: bool) -> dict[tuple[str, str, str], int]:
    """Points go back to their limits as they are taken back; a time only with the last of them."""
    credits = skip_and_take(source.credits, source.undone, amount)
    points = sum(credit.amount for credit in credits if credit.where.unit == "points")
    back = {}
    for counter, number in source.counted.items():
        if source.verb == "award" and "/points" in counter[0]:
            back[counter] = -points
        elif is_last:
            back[counter] = -number
    return {counter: number for counter, number in back.items() if number}


def _counter(rule: str, to: str, on: date, limit: Limit) -> tuple[str, str, str]:
    year, week, _ = on.isocalendar()
    period = {"week": f"{year}-W{week:02}", "month": f"{on:%Y-%m}", "year": f"{on:%Y}"}[limit.per]
    what = "points" if limit.times is None else "times"
    name = f"{rule}/{limit.per}/{what}{'/programme' if limit.for_all else ''}"
    return name, OURS if limit.for_all else to, period
