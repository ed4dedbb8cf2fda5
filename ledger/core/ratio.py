"""Exact fractions as people write them: `2`, `3/2`; never a decimal that a computer would bend."""

from fractions import Fraction
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

Ratio = (
    Annotated[int, Meta(ge=0, le=1_000_000)]
    | Annotated[str, Meta(pattern="^[0-9]{1,9}/[1-9][0-9]{0,8}$(?!\\n)", examples=["3/2"])]
)


@lru_cache(maxsize=1024)
def fraction(ratio: int | str) -> Fraction:
    """The number itself."""
    return Fraction(ratio)


def written(number: Fraction | int) -> str:
    """How a trace stores it: whole numbers plainly, others as a fraction."""
    return str(number)
