"""Amounts are whole numbers of a unit's smallest part; people see decimals."""


def decimal(amount: int, scale: int) -> str:
    """Exact, without a float in between: 1205 at scale 2 is 12.05."""
    if scale == 0:
        return str(amount)
    whole, part = divmod(abs(amount), 10**scale)
    return f"{'-' if amount < 0 else ''}{whole}.{part:0{scale}d}"
