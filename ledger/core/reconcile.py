"""Reconciliation: a list from outside against the ledger, line by line; what stands alone is named with the reason."""

import enum
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from msgspec import Struct

NEIGHBOURS = 100
"""How many lines of nearly the same amount are looked at on each side before a line counts as alone."""


class Why(enum.StrEnum):
    """Why a line stands alone."""

    NOT_IN_LEDGER = "not_in_ledger"
    NOT_IN_LIST = "not_in_list"
    AMOUNT_DIFFERS = "amount_differs"
    DAY_DIFFERS = "day_differs"
    TWICE_IN_LIST = "twice_in_list"
    TWICE_IN_LEDGER = "twice_in_ledger"
    UNREADABLE = "unreadable"


class Claimed(Struct, frozen=True):
    """One line of either side. `places` are lines of the list, or transactions, items … of the ledger.

    `key` holds the values of the declared keys in their order.
    """

    places: tuple[str, ...]
    key: tuple[str, ...]
    amount: int
    day: date | None = None


class Tolerance(Struct, frozen=True):
    """How far amounts (in the smallest part) and days of two lines of the same keys may be apart."""

    amount: int = 0
    days: int = 0

    def bears(self, theirs: Claimed, ours: Claimed) -> bool:
        return abs(theirs.amount - ours.amount) <= self.amount and days_apart(theirs, ours) <= self.days


class Unmatched(Struct, frozen=True, omit_defaults=True):
    """A line without a partner, and the line of the other side that comes nearest, if any has the same keys."""

    why: Why
    lines: tuple[str, ...] = ()
    ledger: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    listed: int | None = None
    booked: int | None = None
    listed_on: date | None = None
    booked_on: date | None = None
    column: str | None = None


class Matched(Struct, frozen=True):
    """How many pairs were found, how many of them only within the tolerance, and everything else."""

    pairs: int
    within_tolerance: int
    unmatched: tuple[Unmatched, ...]


def days_apart(theirs: Claimed, ours: Claimed) -> int:
    """0 where one side tells no day."""
    return 0 if theirs.day is None or ours.day is None else abs((theirs.day - ours.day).days)


def match(theirs: Iterable[Claimed], ours: Iterable[Claimed], tolerance: Tolerance) -> Matched:
    """One line for one line: exact partners first, then in the list's order what is nearest within the tolerance."""
    listed, booked = _by_key(theirs), _by_key(ours)
    pairs = within = 0
    unmatched: list[Unmatched] = []
    for key in sorted(listed.keys() | booked.keys()):
        left, right, exact = _take_exact(listed.get(key, []), booked.get(key, []))
        left, right, near, apart = _take_near(left, right, tolerance)
        pairs += exact + near
        within += apart
        unmatched += _alone(left, right, exact + near)
    return Matched(pairs, within, tuple(unmatched))


def added_up(lines: Iterable[Claimed]) -> list[Claimed]:
    """Goods that were counted in two places of one shop are one count."""
    sums: dict[tuple[str, ...], Claimed] = {}
    for line in lines:
        before = sums.get(line.key, Claimed((), line.key, 0))
        sums[line.key] = Claimed((*before.places, *line.places), line.key, before.amount + line.amount)
    return list(sums.values())


def _by_key(lines: Iterable[Claimed]) -> dict[tuple[str, ...], list[Claimed]]:
    grouped: defaultdict[tuple[str, ...], list[Claimed]] = defaultdict(list)
    for line in lines:
        grouped[line.key].append(line)
    return grouped


def _take_exact(theirs: Sequence[Claimed], ours: Sequence[Claimed]) -> tuple[list[Claimed], list[Claimed], int]:
    """Same amount on the same day; a line that tells no day is left for the second look."""
    free: defaultdict[tuple[int, date | None], list[Claimed]] = defaultdict(list)
    for line in reversed(ours):
        free[line.amount, line.day].append(line)
    left, exact = [], 0
    for line in theirs:
        same = free.get((line.amount, line.day))
        if same:
            same.pop()
            exact += 1
        else:
            left.append(line)
    return left, [line for lines in free.values() for line in reversed(lines)], exact


def _take_near(
    theirs: Sequence[Claimed], ours: Sequence[Claimed], tolerance: Tolerance
) -> tuple[list[Claimed], list[Claimed], int, int]:
    """What is left of both, how many pairs, and how many of these are not quite the same."""
    free = _Shelf(ours)
    left, near, apart = [], 0, 0
    for line in theirs:
        partner = free.nearest(line, (other for other in free.around(line) if tolerance.bears(line, other)))
        if partner is None:
            left.append(line)
        else:
            free.remove(partner)
            near += 1
            apart += line.amount != partner.amount or days_apart(line, partner) > 0
    return left, free.lines, near, apart


def _alone(theirs: Sequence[Claimed], ours: Sequence[Claimed], pairs: int) -> Iterator[Unmatched]:
    """Lines of the same keys explain each other; without keys nothing says that two lines belong together."""
    free = _Shelf(ours)
    for line in theirs:
        partner = free.nearest(line, free.around(line)) if line.key else None
        if partner is None:
            why = Why.TWICE_IN_LIST if line.key and (pairs or ours) else Why.NOT_IN_LEDGER
            yield Unmatched(why, line.places, (), line.key, listed=line.amount, listed_on=line.day)
            continue
        free.remove(partner)
        why = Why.DAY_DIFFERS if line.amount == partner.amount else Why.AMOUNT_DIFFERS
        yield Unmatched(why, line.places, partner.places, line.key, line.amount, partner.amount, line.day, partner.day)
    for line in free.lines:
        why = Why.TWICE_IN_LEDGER if line.key and (pairs or theirs) else Why.NOT_IN_LIST
        yield Unmatched(why, (), line.places, line.key, booked=line.amount, booked_on=line.day)


class _Shelf:
    """Lines that have no partner yet, by amount, so that near ones stand together."""

    def __init__(self, lines: Iterable[Claimed]) -> None:
        self.lines: list[Claimed] = []
        for line in lines:
            insort(self.lines, line, key=_amount)

    def around(self, line: Claimed) -> list[Claimed]:
        place = bisect_left(self.lines, line.amount, key=_amount)
        return self.lines[max(0, place - NEIGHBOURS) : place + NEIGHBOURS]

    def nearest(self, line: Claimed, others: Iterable[Claimed]) -> Claimed | None:
        """By amount, then by day, then by name: the same lists are always matched in the same way."""
        return min(
            others,
            key=lambda other: (abs(other.amount - line.amount), days_apart(line, other), other.places),
            default=None,
        )

    def remove(self, line: Claimed) -> None:
        place = bisect_left(self.lines, line.amount, key=_amount)
        while self.lines[place] is not line:  # Ends at the line itself, which stands on the shelf.
            place += 1
        del self.lines[place]


def _amount(line: Claimed) -> int:
    return line.amount
