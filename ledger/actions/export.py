"""The ledger for other programs: streamed from one moment, the same bytes again for the same ledger."""

from collections.abc import AsyncIterator

import asyncpg

from ledger.actions.write_beancount import BeancountWriter
from ledger.actions.write_csv import CsvWriter
from ledger.actions.write_hledger import HledgerWriter
from ledger.core.refusal import Reason, Refused
from ledger.db.check import one_moment
from ledger.db.export import list_holdings, list_posted, list_units, read_days

Writer = HledgerWriter | BeancountWriter | CsvWriter
WRITERS: dict[str, type[HledgerWriter] | type[BeancountWriter] | type[CsvWriter]] = {
    "hledger": HledgerWriter,
    "beancount": BeancountWriter,
    "csv": CsvWriter,
}


async def export_ledger(connection: asyncpg.Connection, form: str, programme: str | None) -> AsyncIterator[str]:
    """Text in pieces; memory does not grow with the ledger. Without a programme, all of them."""
    async with one_moment(connection):
        units = await list_units(connection, programme)
        if programme is not None and not units:
            raise Refused(Reason.NOT_FOUND, programme=programme)
        writer: Writer = WRITERS[form](units)
        days = await read_days(connection, programme)
        for piece in writer.start(days):
            yield piece
        if days is None:
            return
        async for holding in list_holdings(connection, programme):
            for piece in writer.account(holding, days):
                yield piece
        async for posted in list_posted(connection, programme):
            yield "".join(writer.transaction(posted))
        for piece in writer.assert_holdings(days):
            yield piece
        async for holding in list_holdings(connection, programme):
            for piece in writer.holding(holding, days):
                yield piece
