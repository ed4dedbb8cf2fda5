"""Recomputes the audit logs from their events: every leaf, the root at each checkpoint, and each checkpoint's note."""

from collections.abc import AsyncIterator

import asyncpg
import msgspec

from ledger.actions.check_logs import check_logs
from ledger.actions.seal_key import SealKey
from ledger.core.audit_leaf import AuditLine
from ledger.core.leaf import COMMITMENT_DIGITS, commitments_of, leaf_of, private_parts
from ledger.core.log_kind import LogKind
from ledger.core.merkle import leaf_hash
from ledger.core.note import Checkpoint, origin_of, unsigned_text
from ledger.core.running_root import RunningRoot
from ledger.db.check import Finding, measure_logs, recount_audit_log
from ledger.db.check_audit import list_audit_checkpoints, list_sealed_events
from ledger.db.seals import SealedSize

_EXAMPLES_MAX = 5
_salts_decoder = msgspec.json.Decoder(dict[str, str])


async def check_audit_log(connection: asyncpg.Connection, key: SealKey | None) -> list[Finding]:
    """Without the key that seals, notes are compared with what they say, and their signatures are not."""
    broken: list[str] = []
    for log in await measure_logs(connection, LogKind.AUDIT):
        broken += [f"{log.programme} {fault}" async for fault in _faults(connection, log.programme, key)]
    walked = Finding("audit", len(broken), tuple(broken[:_EXAMPLES_MAX]))
    return [*await recount_audit_log(connection), await check_logs(connection, LogKind.AUDIT), walked]


async def _faults(connection: asyncpg.Connection, programme: str, key: SealKey | None) -> AsyncIterator[str]:
    """What comes after the first checkpoint that does not hold is not looked at: nothing of it would."""
    found = RunningRoot()
    events = list_sealed_events(connection, programme)
    earlier = 0
    async for kept in list_audit_checkpoints(connection, programme):
        if key is not None and not key.has_signed(programme, kept.note, LogKind.AUDIT):
            yield f"the checkpoint at {kept.size} was sealed with another key than the one that is here"
            key = None
        if not _is_as_signed(programme, kept, earlier, key):
            yield f"the checkpoint at {kept.size} is not what was signed"
        while found.size < kept.size and (sealed := await anext(events, None)) is not None:
            position, id, line, salts = sealed
            leaf = _leaf(line, salts)
            if leaf is None or position != found.size:
                yield f"{id} is not what was sealed at {position}"
                return
            found.add(leaf_hash(leaf))
        if found.root() != kept.root:
            yield f"the first {kept.size} events are not those that were sealed"
            return
        earlier = kept.size


def _leaf(line: AuditLine | None, salts: str | None) -> bytes | None:
    """None where it is plain without any hash that something is gone, or has come."""
    if line is None or salts is None:
        return None
    try:
        kept = _salts_decoder.decode(salts)
        erased = {name for name, salt in kept.items() if len(salt) == COMMITMENT_DIGITS}
        if private_parts(line).keys() != kept.keys() - erased:
            return None
        return leaf_of(line, commitments_of(line, kept))
    except (msgspec.MsgspecError, ValueError, AssertionError):
        return None


def _is_as_signed(programme: str, kept: SealedSize, earlier: int, key: SealKey | None) -> bool:
    text = unsigned_text(Checkpoint(origin_of(programme, LogKind.AUDIT), kept.size, kept.root, kept.sealed_at, earlier))
    return kept.note.startswith(f"{text}\n") if key is None else kept.note == key.sign(programme, text, LogKind.AUDIT)
