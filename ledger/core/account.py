"""Who holds what: owners, their purses, and which purses have a floor or carry buckets."""

from typing import NamedTuple

PROGRAMME = "programme"
"""The programme itself as an owner: issuers, redeemed, expired … none of them has a floor."""

POINTS = "points"

PURSES = {
    "household": ("main", "pending", "held", "debt"),
    "member": ("main", "pending", "held", "debt"),
    "merchant": ("main", "pending", "held", "debt", "claims"),
    "outlet": ("stock", "reserved", "till"),
}
PROGRAMME_PURSES = (
    "redeemed",
    "expired",
    "clawed_back",
    "settled",
    "commission",
    "supplier",
    "donated",
    "written_off",
    "counted",
    "fund",
    "cash_outside",
    "offline_shortfall",
    "opening",
    "issued:by-hand",
    "issued:vouchers",
)
BUCKETED = frozenset({"main", "pending", "held"})

OWNER_PREFIX = {"household": "hh", "member": "mbr", "merchant": "mer", "outlet": "out"}


class BalanceKey(NamedTuple):
    """One account in one unit, within a programme that the context gives."""

    owner: str
    purse: str
    unit: str


def has_floor(owner: str, purse: str) -> bool:
    """Purses without a floor are never locked before deciding."""
    return owner != PROGRAMME and purse != "claims"


def floor_amount(owner: str, purse: str) -> int | None:
    """The stored floor: debt runs below zero by nature, so its bound is a constraint of its own."""
    return 0 if has_floor(owner, purse) and purse not in {"debt", "till"} else None


def issuer(category: str) -> str:
    return f"issued:{category}"


ISSUED_BY_HAND = issuer("by-hand")
"""The issuer of adjustments and resets, which no rule's category stands for."""


def item_unit(item: str) -> str:
    return f"item:{item}"
