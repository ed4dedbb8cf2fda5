"""The journal as Beancount reads it: names begin with capitals, units become commodities of at most 24 characters."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from ledger.core.account import PROGRAMME
from ledger.core.balance import NEVER
from ledger.core.scale import decimal
from ledger.db.export import Holding, Posted, Unit

_COMMODITY_MAX = 24
_DIGEST = 8


class BeancountWriter:
    """Ends with an assertion for every balance, so that the reading program compares for us."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._scales = {(unit.programme, unit.unit): unit.scale for unit in units}
        self._opened = ""

    def start(self, days: tuple[date, date] | None) -> Iterator[str]:
        yield 'option "title" "Points Ledger"\n'
        first = days[0] if days else date(1970, 1, 1)
        for unit in sorted({unit for _, unit in self._scales}):
            yield f'{first} commodity {commodity(unit)}\n  unit: "{unit}"\n'

    def account(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        name = account_name(holding.programme, holding.owner, holding.purse)
        if name != self._opened:  # One account holds many units, one after another.
            self._opened = name
            yield f"{days[0]} open {name}\n"

    def transaction(self, posted: Posted) -> Iterator[str]:
        yield f'\n{posted.effective_on} * "{posted.kind}" ^{posted.id}\n'
        yield f'  principal: "{_escaped(posted.principal)}"\n  recorded: "{posted.recorded_at.isoformat()}"\n'
        if posted.happened_on is not None:
            yield f"  happened: {posted.happened_on}\n"
        for name in ("rule", "activity", "reverses", "follows"):
            value: str | None = getattr(posted, name)
            if value is not None:
                yield f'  {name}: "{_escaped(value)}"\n'
        for leg in posted.legs:
            amount = decimal(leg.amount, self._scales[posted.programme, leg.unit])
            yield f"  {account_name(posted.programme, leg.owner, leg.purse)}  {amount} {commodity(leg.unit)}\n"
            if leg.expires_on != NEVER:
                yield f"    expires: {leg.expires_on}\n"

    def assert_holdings(self, days: tuple[date, date]) -> Iterator[str]:
        yield "\n"

    def holding(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        # Beancount compares at the beginning of a day.
        amount = decimal(holding.total, self._scales[holding.programme, holding.unit])
        name = account_name(holding.programme, holding.owner, holding.purse)
        yield f"{days[1] + timedelta(days=1)} balance {name}  {amount} {commodity(holding.unit)}\n"


def account_name(programme: str, owner: str, purse: str) -> str:
    """What somebody holds is an asset; the programme's own purses stand against it."""
    parts = (programme, purse) if owner == PROGRAMME else (programme, owner, purse)
    root = "Equity" if owner == PROGRAMME else "Assets"
    return ":".join((root, *(_capital(word) for part in parts for word in part.split(":"))))


def commodity(unit: str) -> str:
    """A long name is cut and told apart by a digest; the commodity's own line keeps the full one."""
    name = unit.upper().replace(":", ".").replace("_", "-")
    if len(name) <= _COMMODITY_MAX:
        return name
    digest = hashlib.sha256(unit.encode()).hexdigest()[:_DIGEST].upper()
    return f"{name[: _COMMODITY_MAX - _DIGEST - 1]}.{digest}"


def _capital(word: str) -> str:
    return (word[0].upper() + word[1:]).replace("_", "-")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
