"""Dividends: a pool of money is split by points so that all fen together are the pool again."""

from typing import Annotated

from msgspec import Meta, Struct

from ledger.core.ratio import Ratio, fraction
from ledger.core.title import Note
from ledger.core.unit import RuleUnit


class Dividend(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The pool is a share of the profit, and at most a share of all that is paid out."""

    unit: RuleUnit = RuleUnit.POINTS
    share_of_profit: Ratio = 1
    at_most_of_payout: Ratio = 1
    assumption: Note | None = None


Money = Annotated[int, Meta(ge=0, le=10**12)]


def pool_fen(dividend: Dividend, profit_fen: int, payout_fen: int) -> int:
    """The money to be split: whole fen, what is left of a fen stays with the collective."""
    share = fraction(dividend.share_of_profit) * profit_fen
    most = fraction(dividend.at_most_of_payout) * payout_fen
    return int(min(share, most))
