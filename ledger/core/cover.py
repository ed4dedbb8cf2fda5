"""Cover: whether goods on the shelf and the fund stand behind the points that people hold."""

from fractions import Fraction

from msgspec import Struct

from ledger.core.ratio import Ratio, fraction, written
from ledger.core.title import Note


class CoverPolicy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The least cover, as a fraction of the points outstanding; below it a publication needs a second signature."""

    least: Ratio
    assumption: Note | None = None


class Cover(Struct, frozen=True):
    """Points on both sides: what is owed, and what stands behind it. `promised` is what campaigns may still add."""

    outstanding: int
    claims: int
    stock: int
    fund_fen: int
    fund: int
    promised: int = 0

    @property
    def owed(self) -> int:
        return self.outstanding + self.claims + self.promised

    @property
    def share(self) -> Fraction | None:
        """None where nothing is owed: then anything covers it."""
        return None if self.owed <= 0 else Fraction(max(0, self.stock + self.fund), self.owed)


def breaks_limit(policy: CoverPolicy | None, before: Cover, after: Cover) -> bool:
    """Whether a change leaves less than the least, and less than there was: what betters a bad cover passes."""
    if policy is None or after.share is None or after.share >= fraction(policy.least):
        return False
    return before.share is None or after.share < before.share


def share_written(cover: Cover) -> str | None:
    """As a fraction, such as 3/4."""
    return None if cover.share is None else written(cover.share)
