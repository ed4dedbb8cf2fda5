"""What a verb declares it needs, and what it then sees of one programme under the lock."""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from ledger.core.account import BalanceKey
from ledger.core.activity import Facts
from ledger.core.balance import Balance
from ledger.core.card import CardStanding
from ledger.core.counter import CounterKey
from ledger.core.refusal import Reason, Refused
from ledger.core.scheme import Scheme
from ledger.core.trace import Trace
from ledger.core.transaction import About, Entry, OpenItem, PostedEntry


class Needs(msgspec.Struct, frozen=True):
    """The one closed list of what posting can lock and read for a command.

    balances: purses with a floor, locked; a missing row is made if its account is open.
    companions: locked only if the row exists; written under the lock of the same owner's main purse.
    counters: caps, budgets and counts of reversals, locked; a missing row is made.
    open_items: awards under notice and holds, by the transaction that opened them, locked.
    depends_on_day: counters were named by the business day that we believe in; the lock confirms it.
    """

    balances: tuple[BalanceKey, ...] = ()
    companions: tuple[BalanceKey, ...] = ()
    counters: tuple[CounterKey, ...] = ()
    open_items: tuple[str, ...] = ()
    depends_on_day: bool = False


class Source(msgspec.Struct, frozen=True):
    """A transaction that another command refers to: immutable, so it may be read before the lock."""

    transaction: str
    kind: str
    is_refused: bool
    effective_on: date
    about: About
    entries: tuple[PostedEntry, ...]
    counts: tuple[tuple[CounterKey, int], ...] = ()


class Prior(msgspec.Struct, frozen=True):
    """What a verb may look at before the lock: only what never changes."""

    scheme: Scheme
    sources: Mapping[str, Source]
    today: date


class Decision(msgspec.Struct, frozen=True):
    """What a verb decided: entries that balance, what its caps have used, and why.

    An award may move nothing and still be one: a carried remainder, a ban, an honour.
    """

    kind: str
    entries: tuple[Entry, ...]
    about: About
    counts: tuple[tuple[CounterKey, int], ...] = ()
    trace: Trace | None = None
    happened_on: date | None = None
    opens: OpenItem | None = None
    ends: str | None = None
    may_move_nothing: bool = False
    facts: Facts | None = None


class Till(msgspec.Struct, frozen=True):
    """A registered device as read under its lock; closing its shift takes that lock alone."""

    outlet: str
    is_blocked: bool
    shift: str | None


class Book(msgspec.Struct):
    """The locked state of one programme; the commands of a batch change it one after another.

    `limits_on` is the business day for which counters of spending limits were locked; `has_closed` says that some
    purse among the locked ones takes nothing any more.
    """

    scheme: Scheme
    now: datetime
    today: date
    balances: dict[BalanceKey, Balance]
    used: dict[CounterKey, int]
    sources: dict[str, Source]
    open_items: dict[str, OpenItem]
    closed_through: date | None = None
    principal: str = ""
    limits_on: date = date.max
    tills: Mapping[str, Till] = {}
    cards: Mapping[str, CardStanding] = {}
    has_closed: bool = False

    def source(self, transaction: str, *kinds: str) -> Source:
        """The posted transaction that a command follows; refuses what is unknown or of another kind."""
        source = self.sources.get(transaction)
        if source is None or source.is_refused:
            raise Refused(Reason.NOT_FOUND, transaction=transaction)
        if source.kind not in kinds:
            raise Refused(Reason.WRONG_KIND, transaction=transaction, kind=source.kind, expected=list(kinds))
        return source

    def open_item(self, transaction: str) -> OpenItem:
        """The hold or the award under notice that a command wants to end."""
        item = self.open_items.get(transaction)
        if item is None or item.ended_by is not None:
            ended = None if item is None else item.ended_by
            raise Refused(Reason.NOT_OPEN, transaction=transaction, ended_by=ended)
        return item

    def balance(self, key: BalanceKey) -> Balance:
        """A purse that was asked for and is not there belongs to nobody in this programme."""
        balance = self.balances.get(key)
        if balance is None:
            raise Refused(Reason.NOT_FOUND, owner=key.owner, purse=key.purse, unit=key.unit)
        if balance.is_closed:
            raise Refused(Reason.ACCOUNT_CLOSED, owner=key.owner, purse=key.purse)
        return balance
