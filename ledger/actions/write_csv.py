"""The journal as a table, one line an entry, that a spreadsheet opens without running anything."""

from collections.abc import Iterator, Sequence
from datetime import date

from ledger.core.balance import NEVER
from ledger.core.cell import cell
from ledger.db.export import Holding, Leg, Posted, Unit

COLUMNS = (
    "programme", "transaction", "line", "recorded_at", "effective_on", "happened_on", "kind", "principal", "owner",
    "purse", "unit", "scale", "amount", "expires_on", "account_version", "balance_after", "rule", "activity",
    "reverses", "follows",
)  # fmt: skip


class CsvWriter:
    """Amounts stay whole numbers of the unit's smallest part; `scale` says how many decimals it has."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._scales = {(unit.programme, unit.unit): unit.scale for unit in units}

    def start(self, days: tuple[date, date] | None) -> Iterator[str]:
        yield ",".join(COLUMNS) + "\r\n"

    def account(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        yield from ()

    def transaction(self, posted: Posted) -> Iterator[str]:
        for leg in posted.legs:
            yield ",".join(cell(value) for value in self._values(posted, leg)) + "\r\n"

    def assert_holdings(self, days: tuple[date, date]) -> Iterator[str]:
        yield from ()

    def holding(self, holding: Holding, days: tuple[date, date]) -> Iterator[str]:
        yield from ()

    def _values(self, posted: Posted, leg: Leg) -> tuple[str | int | date | None, ...]:
        return (
            posted.programme, posted.id, leg.line, posted.recorded_at.isoformat(), posted.effective_on,
            posted.happened_on, posted.kind, posted.principal, leg.owner, leg.purse, leg.unit,
            self._scales[posted.programme, leg.unit], leg.amount,
            None if leg.expires_on == NEVER else leg.expires_on, leg.account_version, leg.balance_after,
            posted.rule, posted.activity, posted.reverses, posted.follows,
        )  # fmt: skip
