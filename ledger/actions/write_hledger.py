"""The journal as hledger reads it: units are quoted commodities, ids are codes and tags."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ledger.core.account import PROGRAMME
from ledger.core.balance import NEVER
from ledger.core.scale import decimal
from ledger.db.export import Holding, Leg, Posted, Unit

# A comma ends a tag's value; brackets and semicolons mean something of their own.
_UNTAGGABLE = re.compile(r"[^\w:.@/+-]")


class HledgerWriter:
    """Ends with a transaction that asserts every balance, so that the reading program compares for us."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._scales = {(unit.programme, unit.unit): unit.scale for unit in units}
        self._opened = ""

    def start(self, days: tuple[date, date] | None) -> Iterator[str]:
        commodities = {unit: scale for (_, unit), scale in sorted(self._scales.items())}
        for unit, scale in sorted(commodities.items()):
            point = "." if scale == 0 else "." + "0" * scale
            yield f'commodity 1{point} "{unit}"\n'
        yield "\n"

    def account(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        name = account_name(holding.programme, holding.owner, holding.purse)
        if name != self._opened:  # One account holds many units, one after another.
            self._opened = name
            yield f"account {name}\n"

    def transaction(self, posted: Posted) -> Iterator[str]:
        tags = ", ".join(f"{name}:{_UNTAGGABLE.sub('-', value)}" for name, value in _tags(posted))
        yield f"\n{posted.effective_on} * ({posted.id}) {posted.kind}  ; {tags}\n"
        for leg in posted.legs:
            name = account_name(posted.programme, leg.owner, leg.purse)
            yield f"    {name}  {self._amount(posted, leg)}{_day(leg)}\n"

    def assert_holdings(self, days: tuple[date, date]) -> Iterator[str]:
        yield f"\n{days[1] + timedelta(days=1)} * balances as kept\n"

    def holding(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        total = decimal(holding.total, self._scales[holding.programme, holding.unit])
        name = account_name(holding.programme, holding.owner, holding.purse)
        yield f'    {name}  0 "{holding.unit}" = {total} "{holding.unit}"\n'

    def _amount(self, posted: Posted, leg: Leg) -> str:
        return f'{decimal(leg.amount, self._scales[posted.programme, leg.unit])} "{leg.unit}"'


def account_name(programme: str, owner: str, purse: str) -> str:
    """What somebody holds is an asset; the programme's own purses stand against it."""
    if owner == PROGRAMME:
        return f"equity:{programme}:{purse}"
    return f"assets:{programme}:{owner}:{purse}"


def _tags(posted: Posted) -> Iterator[tuple[str, str]]:
    yield "principal", posted.principal
    yield "recorded", posted.recorded_at.isoformat()
    if posted.happened_on is not None:
        yield "happened", posted.happened_on.isoformat()
    for name in ("rule", "activity", "reverses", "follows"):
        value: str | None = getattr(posted, name)
        if value is not None:
            yield name, value


def _day(leg: Leg) -> str:
    return "" if leg.expires_on == NEVER else f"  ; expires:{leg.expires_on}"
