"""The balance of one account in one unit, with its buckets nearest expiry first."""

from datetime import date

import msgspec

NEVER = date(9999, 1, 1)
"""The day of points that do not lapse; sorts last and is stored as it is.

Not `date.max`, which the database driver would store as infinity.
"""

BALANCE_MAX = 2**53 - 1
AMOUNT_MAX = 10**12


class Balance(msgspec.Struct):
    """As locked, then as changed by the commands of one batch, one after another.

    `days` and `amounts` are aligned and ascending by day; both stay empty in purses without buckets.
    `place` is where the locked row stands, for its writer alone.
    """

    total: int
    version: int
    days: list[date]
    amounts: list[int]
    is_closed: bool = False
    is_changed: bool = False
    place: str = ""

    def return_to(self, before: "Balance") -> None:
        """As it stood when `before` was copied from it."""
        self.total, self.version, self.is_changed = before.total, before.version, before.is_changed
        self.days, self.amounts = before.days, before.amounts

    def spendable(self, today: date) -> int:
        """A bucket whose last good day has passed is gone, whether or not the sweep has run."""
        return sum(amount for day, amount in zip(self.days, self.amounts, strict=True) if day >= today)

    def next_expiry(self, today: date) -> tuple[date, int] | None:
        """The nearest last good day and what lapses after it; none if nothing ever does."""
        for day, amount in zip(self.days, self.amounts, strict=True):
            if today <= day < NEVER:
                return day, amount
        return None

    def change(self, amount: int, expires_on: date, *, has_buckets: bool) -> None:
        """Add a signed amount (of one bucket where the purse has buckets) and number the change."""
        self.total += amount
        self.version += 1
        self.is_changed = True
        if has_buckets:
            self._change_bucket(amount, expires_on)

    def _change_bucket(self, amount: int, expires_on: date) -> None:
        for place, day in enumerate(self.days):
            if day == expires_on:
                self.amounts[place] += amount
                assert self.amounts[place] >= 0, "a bucket never goes below zero"
                if self.amounts[place] == 0:
                    del self.days[place], self.amounts[place]
                return
            if day > expires_on:
                break
        else:
            place = len(self.days)
        assert amount > 0, "points are only taken from a bucket that is there"
        self.days.insert(place, expires_on)
        self.amounts.insert(place, amount)


def take(balance: Balance, amount: int, *, today: date) -> list[tuple[date, int]]:
    """Which buckets pay `amount`: nearest expiry first, never-expiring last, lapsed ones not at all."""
    taken: list[tuple[date, int]] = []
    missing = amount
    for day, there in zip(balance.days, balance.amounts, strict=True):
        if missing == 0:
            break
        if day >= today:
            part = min(there, missing)
            taken.append((day, part))
            missing -= part
    assert missing == 0, "the caller has compared with what is spendable"
    return taken


def claw_back(balance: Balance, amount: int, *, own_day: date) -> tuple[list[tuple[date, int]], int]:
    """What a reversed award can still take: its own bucket first, then nearest expiry; the rest is returned as owed.

    Lapsed buckets serve too: points that are about to expire are the cheapest to give back.
    """
    taken: list[tuple[date, int]] = []
    missing = amount
    own_first = sorted(zip(balance.days, balance.amounts, strict=True), key=lambda bucket: bucket[0] != own_day)
    for day, there in own_first:
        if missing == 0:
            break
        part = min(there, missing)
        taken.append((day, part))
        missing -= part
    return taken, missing
