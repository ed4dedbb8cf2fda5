"""Purses as plain dictionaries of day to amount, and the calendar that they follow."""

import dataclasses
from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import NamedTuple

FOREVER = date(9999, 1, 1)
WITH_DAYS = ("main", "pending", "held")
OURS = "programme"
EARNED = ("award", "bonus")


class Policy(NamedTuple):
    """What a town keeps back, and what else than points pays: nothing, unless it says so."""

    base: int = 0
    suspended_below: int = 0
    least_spent: int = 0
    gift_for_each: int | None = None
    gift_by_class: tuple[tuple[str, int], ...] = ()
    fen_for_a_point: int | None = None
    points_at_least: int = 0


class No(Exception):
    """A refusal: the word, and those numbers that must be among the ones answered."""

    def __init__(self, word: str, **numbers: object) -> None:
        super().__init__(word)
        self.word = word
        self.numbers = numbers


class Where(NamedTuple):
    """One account in one unit."""

    owner: str
    purse: str
    unit: str


class Move(NamedTuple):
    """One leg; `day` only matters in purses with days."""

    where: Where
    amount: int
    day: date = FOREVER


@dataclasses.dataclass
class Posted:
    """A transaction that happened, and what has become of it since."""

    verb: str
    on: date
    moves: list[Move]
    owner: str = ""
    rule: str = ""
    outlet: str | None = None
    merchant: str | None = None
    booked_on: date | None = None
    happened_on: date | None = None
    of: int | None = None
    fen: int = 0
    reratings: int = 0
    lines: list[tuple[str, int, int]] = dataclasses.field(default_factory=list)  # item, pieces, points of the line
    paid: list[Move] = dataclasses.field(default_factory=list)  # the buckets that paid for the lines, in order
    counted: dict[tuple[str, str, str], int] = dataclasses.field(default_factory=dict)
    due: date | None = None
    ended: str | None = None
    ended_on: date | None = None
    undone: int = 0
    points_back: int = 0
    pieces_back: Counter[str] = dataclasses.field(default_factory=Counter)

    @property
    def credits(self) -> list[Move]:
        return [move for move in self.moves if move.amount > 0]

    @property
    def left(self) -> int:
        """How much can still be reversed: an award by what it gave, all else as one whole."""
        whole = sum(move.amount for move in self.credits) if self.verb in EARNED else 1
        return whole - self.undone

    @property
    def is_open(self) -> bool:
        return self.due is not None and self.ended is None


def month_end(year: int, month: int) -> date:
    """Month 13 is next year's first."""
    years, months = divmod(month, 12)  # of the month after
    return date(year + years, months + 1, 1) - timedelta(days=1)


def months_on(day: date, months: int) -> date:
    return month_end(day.year, day.month + months)


def quarter_end(day: date) -> date:
    return month_end(day.year, (day.month + 2) // 3 * 3)


class Books:
    """All purses of one programme on one day."""

    def __init__(self, owners: dict[str, str], today: date, policy: Policy | None = None) -> None:
        self.kinds = owners
        self.today = today
        self.policy = policy or Policy()
        self.closed_through: date | None = None
        self.closed: set[str] = set()
        self.purses: defaultdict[Where, Counter[date]] = defaultdict(Counter)
        self.used: Counter[tuple[str, str, str]] = Counter()
        self.posted: list[Posted] = []

    def total(self, where: Where) -> int:
        return sum(self.purses[where].values())

    def spendable(self, where: Where, on: date | None = None) -> int:
        return sum(amount for day, amount in self.purses[where].items() if day >= (on or self.today))

    def must_have(self, owner: str, *kinds: str) -> None:
        if self.kinds.get(owner) not in kinds:
            raise No("not_found", owner=owner)
        if owner in self.closed:
            raise No("account_closed", owner=owner)

    def must_be_open(self, moves: list[Move]) -> None:
        """Whose account is closed neither gets nor gives, whatever is ended or undone."""
        for move in moves:
            if move.where.owner in self.closed:
                raise No("account_closed", owner=move.where.owner)

    def close_account(self, owner: str) -> bool:
        """Whether it may be closed: once, and only with nothing on it and nothing owed."""
        theirs = [days for where, days in self.purses.items() if where.owner == owner]
        if owner in self.closed or any(any(days.values()) for days in theirs):
            return False
        self.closed.add(owner)
        return True

    def pay(self, where: Where, amount: int, on: date | None = None) -> list[Move]:
        """Out of the days that come first; what has lapsed pays nothing."""
        since = on or self.today
        good = [(day, there) for day, there in sorted(self.purses[where].items()) if day >= since and there]
        return [Move(where, -part, day) for day, part in _cut(good, amount)]

    def take_back(self, where: Where, amount: int, own: date) -> list[Move]:
        """Its own day first, then the days in order, lapsed ones too; the rest becomes debt."""
        there = sorted(self.purses[where].items(), key=lambda bucket: (bucket[0] != own, bucket[0]))
        taken = [Move(where, -part, day) for day, part in _cut(there, amount)]
        owed = amount + sum(move.amount for move in taken)
        return [*taken, Move(where._replace(purse="debt"), -owed)] if owed else taken

    def credit(self, owner: str, unit: str, amount: int, day: date) -> list[Move]:
        """Debt is repaid before anything can be spent."""
        debt = Where(owner, "debt", unit)
        repaid = min(amount, -self.total(debt))
        moves = [Move(debt, repaid), Move(Where(owner, "main", unit), amount - repaid, day)]
        return [move for move in moves if move.amount]

    def graced(self, day: date) -> date:
        """What comes back too late is good to the end of next month."""
        return day if day >= self.today else months_on(self.today, 1)

    def apply(self, moves: list[Move]) -> None:
        for move in moves:
            day = move.day if move.where.purse in WITH_DAYS else FOREVER
            purse = self.purses[move.where]
            purse[day] += move.amount
            if not purse[day]:
                del purse[day]


def _cut(buckets: list[tuple[date, int]], amount: int) -> list[tuple[date, int]]:
    parts = []
    for day, there in buckets:
        part = min(there, amount)
        amount -= part
        if part:
            parts.append((day, part))
    return parts


def skip_and_take(parts: list[Move], passed: int, amount: int) -> list[Move]:
    """Of the parts laid end to end, the stretch from `passed` to `passed + amount`, signs kept."""
    out = []
    for part in parts:
        size = abs(part.amount)
        start, end = min(passed, size), min(passed + amount, size)
        passed, amount = passed - start, amount - (end - start)
        if end > start:
            out.append(part._replace(amount=(end - start) * (1 if part.amount > 0 else -1)))
    return out
