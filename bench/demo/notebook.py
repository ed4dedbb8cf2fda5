"""A worker's pencil account kept beside the ledger: plain sums that know nothing of its code, compared at the end."""

from collections import Counter

from bench.demo.caller import Caller
from bench.demo.proof import must_equal


class Notebook:
    """What each owner should have, and what each shelf should hold."""

    def __init__(self) -> None:
        self.points: Counter[str] = Counter()
        self.pending: Counter[str] = Counter()
        self.minutes: Counter[str] = Counter()
        self.claims: Counter[str] = Counter()
        self.stock: Counter[tuple[str, str]] = Counter()
        self.issued = 0
        self.redeemed = 0
        self._number = 0

    def next_number(self) -> int:
        """For keys: the same story has the same keys."""
        self._number += 1
        return self._number

    def earn(self, owner: str, points: int, *, minutes: int = 0) -> None:
        self.points[owner] += points
        self.minutes[owner] += minutes
        self.issued += points

    def show(self, owner: str, points: int) -> None:
        """Under public notice: earned, but not to be spent yet."""
        self.pending[owner] += points
        self.issued += points

    def spend(self, owner: str, points: int, *, outlet: str = "", items: dict[str, int] | None = None) -> None:
        self.points[owner] -= points
        self.redeemed += points
        for item, pieces in (items or {}).items():
            self.stock[outlet, item] -= pieces

    def spend_at_shop(self, owner: str, points: int, shop: str) -> None:
        self.points[owner] -= points
        self.claims[shop] += points

    def compare(self, caller: Caller) -> int:
        """Every account that was ever touched, asked for over HTTP; answers how many were compared."""
        for owner in self.points | self.pending | self.minutes:
            found = balances_of(caller, owner)
            owed = found.get(("debt", "points"), 0)
            must_equal(found.get(("main", "points"), 0) + owed, self.points[owner], f"points of {owner}")
            must_equal(found.get(("pending", "points"), 0), self.pending[owner], f"points under notice of {owner}")
            must_equal(found.get(("main", "service_minutes"), 0), self.minutes[owner], f"minutes of {owner}")
        for shop, points in self.claims.items():
            must_equal(balances_of(caller, shop).get(("claims", "points"), 0), points, f"claims of {shop}")
        for (outlet, item), pieces in self.stock.items():
            must_equal(balances_of(caller, outlet).get(("stock", f"item:{item}"), 0), pieces, f"{item} at {outlet}")
        return len({*self.points, *self.pending, *self.minutes, *self.claims})


def balances_of(caller: Caller, owner: str) -> dict[tuple[str, str], int]:
    """By purse and unit."""
    body = caller.get(f"accounts/{owner}/balances")
    return {(row["purse"], row["unit"]): row["amount"] for row in body["balances"]}
