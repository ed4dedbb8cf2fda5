"""The ledger with all its seals as JSON lines: what `verify` reads, and nothing else is needed to check it."""

import base64
from collections.abc import AsyncIterator

import asyncpg
import msgspec

from ledger.actions.seal_key import SealKey
from ledger.core.leaf import Line
from ledger.core.refusal import Reason, Refused
from ledger.db.check import one_moment
from ledger.db.sealed import list_checkpoints, list_kept_balances, list_logs, list_sealed, list_unsealed

FORMAT = "points-ledger-sealed-1"

_encode = msgspec.json.Encoder().encode


async def export_sealed(
    connection: asyncpg.Connection, key: SealKey | None, programme: str | None
) -> AsyncIterator[str]:
    """Without a key the export names none, and whoever checks it must bring the verifier's line."""
    async with one_moment(connection):
        logs = await list_logs(connection, programme)
        if not logs:
            raise Refused(Reason.NOT_FOUND, programme=programme)
        for slug in logs:
            async for piece in export_log(connection, key, slug):
                yield piece


async def export_log(connection: asyncpg.Connection, key: SealKey | None, programme: str) -> AsyncIterator[str]:
    """One programme, inside a moment that the caller holds."""
    lines = balances = 0
    verifier = None if key is None else key.verifier(programme)
    yield _row(type="log", format=FORMAT, programme=programme, verifier=verifier)
    async for kept in list_checkpoints(connection, programme):
        root = base64.b64encode(kept.root).decode()
        yield _row(type="checkpoint", size=kept.size, root=root, note=kept.note, sealed_at=kept.sealed_at)
    async for position, line, salts in list_sealed(connection, programme):
        lines += 1
        yield _line(position, line, salts)
    async for waiting in list_unsealed(connection, programme):
        lines += 1
        yield _line(None, waiting, None)
    async for balance in list_kept_balances(connection, programme):
        balances += 1
        yield _row(type="balance", **msgspec.structs.asdict(balance))
    yield _row(type="end", lines=lines, balances=balances)


def _line(position: int | None, line: Line | None, salts: str | None) -> str:
    if line is None:
        return _row(type="line", position=position, journal=None, entries=[], salts={})
    journal = {field: getattr(line, field) for field in Line.__struct_fields__ if field != "entries"}
    kept = msgspec.Raw(b"{}" if salts is None else salts.encode())
    return _row(type="line", position=position, journal=journal, entries=line.entries, salts=kept)


def _row(**fields: object) -> str:
    return _encode(fields).decode() + "\n"
