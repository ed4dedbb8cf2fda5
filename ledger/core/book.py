"""What a verb declares it needs, and what it then sees of one programme under the lock."""

from datetime import date, datetime

import msgspec

from ledger.core.account import BalanceKey
from ledger.core.balance import Balance
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.score import Trace
from ledger.core.transaction import About, Entry, PostedEntry


class Needs(msgspec.Struct, frozen=True):
    """The one closed list of what posting can lock and read for a command.

    balances: purses with a floor, locked; a missing row is made if its account is open.
    companions: locked only if the row exists; written under the lock of the same owner's main purse.
    counters: caps and budgets, locked; a missing row is made.
    """

    balances: tuple[BalanceKey, ...] = ()
    companions: tuple[BalanceKey, ...] = ()
    counters: tuple[CounterKey, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """A transaction that another command refers to: immutable, so it may be read before the lock."""

    transaction: str
    kind: str
    is_refused: bool
    effective_on: date
    about: About
    entries: tuple[PostedEntry, ...]
    counts: tuple[tuple[CounterKey, int], ...] = ()


class Decision(msgspec.Struct, frozen=True):
    """What a verb decided: entries that balance, what its caps have used, and why."""

    kind: str
    entries: tuple[Entry, ...]
    about: About
    counts: tuple[tuple[CounterKey, int], ...] = ()
    trace: Trace | None = None
    happened_on: date | None = None


class Book(msgspec.Struct):
    """The locked state of one programme; the commands of a batch change it one after another."""

    scheme: Scheme
    now: datetime
    today: date
    balances: dict[BalanceKey, Balance]
    used: dict[CounterKey, int]
    sources: dict[str, Source]

    def balance(self, key: BalanceKey) -> Balance:
        """A purse that was asked for and is not there belongs to nobody in this programme."""
        balance = self.balances.get(key)
        if balance is None:
            raise Refused(Reason.NOT_FOUND, owner=key.owner, purse=key.purse, unit=key.unit)
        if balance.is_closed:
            raise Refused(Reason.ACCOUNT_CLOSED, owner=key.owner, purse=key.purse)
        return balance
