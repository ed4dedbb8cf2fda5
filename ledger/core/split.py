"""Split: a pool divided by weight to the last part; largest remainders first, ties in the order given."""

from collections.abc import Sequence

from ledger.core.account import PROGRAMME, BalanceKey
from ledger.core.award import last_good_day
from ledger.core.balance import NEVER
from ledger.core.book import Book, Decision, Needs, Prior
from ledger.core.command import Split
from ledger.core.refusal import Reason, Refused
from ledger.core.transaction import About, Entry


def needs(split: Split, prior: Prior) -> Needs:
    return Needs(balances=tuple(dict.fromkeys(BalanceKey(share.owner, "main", split.unit) for share in split.shares)))


def decide(split: Split, book: Book) -> Decision:
    """Refuses in this order: find the purses, an owner named twice, a pool that leaves nothing to anyone."""
    for share in split.shares:
        book.balance(BalanceKey(share.owner, "main", split.unit))
    if len({share.owner for share in split.shares}) < len(split.shares):
        raise Refused(Reason.MORE_THAN_THERE_WAS, shares=len(split.shares))
    # Nothing is refused below this line.
    day = NEVER if split.unit == "cash" else last_good_day(book, None, None, split.unit, book.today)
    parts = largest_remainder(split.pool, [share.weight for share in split.shares])
    entries = [Entry(PROGRAMME, "fund", split.unit, -split.pool)]
    entries += [
        Entry(share.owner, "main", split.unit, part, day)
        for share, part in zip(split.shares, parts, strict=True)
        if part
    ]
    return Decision(kind="split", entries=tuple(entries), about=About(note=split.note))


def largest_remainder(pool: int, weights: Sequence[int]) -> list[int]:
    """Whole parts that add to the pool exactly; no part differs from its exact share by one or more."""
    whole = sum(weights)
    parts = [pool * weight // whole for weight in weights]
    remainders = [pool * weight % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-remainders[place], place))
    for place in order[: pool - sum(parts)]:
        parts[place] += 1
    return parts
