"""Look for whatever breaks a promise of the ledger, in one read-only moment of a database in use."""

import secrets
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import asyncpg
import msgspec

from ledger.actions.check_audit_log import check_audit_log
from ledger.actions.check_logs import check_logs
from ledger.actions.seal_key import SealKey
from ledger.core.bucket_order import Buckets, Move
from ledger.core.highest_limit import highest_limits
from ledger.core.log_kind import LogKind
from ledger.core.title import Title
from ledger.db.check import (
    UNREADABLE,
    Finding,
    Purse,
    find_doubtful_purses,
    find_overruns,
    list_moves,
    list_recent_moves,
    list_rulebooks,
    one_moment,
    recount,
    recount_recent,
)
from ledger.db.periods import read_clock

PROMISES = {
    "I1": Title(
        "交易的分录按单位相加为零，至少两条，没有零", "entries of a transaction add to 0 per unit, two or more"
    ),
    "I2": Title("每个单位的全部分录相加为零", "all entries of a unit in a programme add to 0"),
    "I3": Title("余额等于其分录之和", "a balance is the sum of its entries"),
    "I4": Title(
        "账户版本从 1 连续，每笔接着上一笔的余额", "versions run 1..n and each entry starts where the last ended"
    ),
    "I5": Title("方案一侧与各户、店铺、网点一侧相抵", "the programme's side equals the side of all others"),
    "I6": Title("没有账户低于下限，欠账不为正", "no account below its floor, no debt above zero"),
    "I7": Title("分配不多不少", "splits conserve their pool"),
    "I8": Title("预留与公示只结束一次，且不留余数", "a hold or a notice ends once and leaves nothing behind"),
    "I9": Title("预留、公示中余额等于未结束的各项", "held, reserved and pending are what is still open"),
    "I10": Title("有效期分格相加等于余额，无负数", "buckets add to the total and are what the entries say"),
    "I11": Title("普通支出先用最近到期的", "ordinary debits took the nearest day first"),
    "I12": Title("到期只清一次，清后不留", "a day lapses once, not early, and nothing stays behind"),
    "I13": Title("退货退回原分格，不多退", "refunds restore what was taken, never more"),
    "I14": Title("每行兑换正好出一次库", "each redeemed line has one stock move of equal quantity"),
    "I15": Title("冲正不超过原交易", "reversed never exceeds the original"),
    "I16": Title("一个幂等键一个结果，拒绝不留痕迹", "one outcome per key; a refusal leaves only its record"),
    "I17": Title("计数等于流水重算，不超过上限", "counters are what the journal says and within every limit"),
    "I19": Title("店铺应结只由销售、退货、结算变动", "a merchant's claims move by sale, refund and settlement only"),
    "I20": Title(
        "封存次序连续，与流水一致，树与封条相符",
        "the sealed order is gapless, equal to the journal, and hashes to its checkpoint",
    ),
    "audit": Title(
        "操作记录逐条已封存或待封，与封条相符",
        "every audit event is sealed or waits, and hashes to its checkpoints",
    ),
    "entry": Title("分录与流水成套", "entries and journal lines come in whole sets"),
    "account": Title("账户、单位都存在", "accounts and units of all balances exist"),
    "source": Title("所引交易存在", "every transaction that is followed or reversed exists"),
    "rule": Title(
        "所引规则在其规则书中，文件与摘要相符", "rules stand in their rulebook, publications match their digest"
    ),
    UNREADABLE: Title("存储的各项文件都可读", "every stored document can be read"),
    "period": Title("结账之后没有新的流水", "a closed day took no line after its closing"),
    "activity": Title("活动与其奖励互指", "activities and their awards name each other"),
}
"""What each line promises, in the order in which they are told."""

NEEDS_ALL = frozenset({"I2", "I9", "audit"})
"""Lines that only a look at the whole ledger can tell; a look at what is recent leaves them out, as it does the parts
of others that need all keys, all counts, all tiles."""

OVERLAP = timedelta(minutes=1)
"""A line may be committed so much later than its own time: the next look begins that much earlier."""

_EXAMPLES_MAX = 5


class Recent(msgspec.Struct, frozen=True):
    """What a look at the latest lines found, and from when on the next one should look."""

    findings: list[Finding]
    next_since: datetime


async def check_ledger(connection: asyncpg.Connection, key: SealKey | None = None) -> list[Finding]:
    """One finding for each promise, also for those that hold. Needs the right to act as owner of the tables."""
    async with one_moment(connection):
        return await look_at_all(connection, key)


async def look_at_all(connection: asyncpg.Connection, key: SealKey | None = None) -> list[Finding]:
    """The same inside a moment that the caller holds; with the key that seals, signatures are looked at too."""
    found: dict[str, Finding] = {}
    seed = secrets.randbits(62)
    async for finding in recount(connection, seed=seed):
        _add(found, finding)
    for finding in await find_overruns(connection, await _limits(connection)):
        _add(found, finding)
    doubtful = await find_doubtful_purses(connection, seed=seed)
    if doubtful:
        _add(found, await _check_order(list_moves(connection, doubtful, seed=seed)))
    _add(found, await check_logs(connection, LogKind.JOURNAL))
    for finding in await check_audit_log(connection, key):
        _add(found, finding)
    return [found.get(line, Finding(line, 0)) for line in PROMISES]


async def check_recent(connection: asyncpg.Connection, since: datetime | timedelta) -> Recent:
    """Quick enough for every minute: lines recorded since then, or since so long ago, and what they touched.

    A change to older rows is found by `check_ledger` and by `verify`, not here.
    """
    async with one_moment(connection):
        now = await read_clock(connection)
        return Recent(
            await look_since(connection, now - since if isinstance(since, timedelta) else since), now - OVERLAP
        )


async def look_since(connection: asyncpg.Connection, since: datetime) -> list[Finding]:
    """The same inside a moment that the caller holds."""
    found: dict[str, Finding] = {}
    async for finding in recount_recent(connection, since):
        _add(found, finding)
    for finding in await find_overruns(connection, await _limits(connection)):
        _add(found, finding)
    _add(found, await _check_order(list_recent_moves(connection, since)))
    return [found.get(line, Finding(line, 0)) for line in PROMISES if line not in NEEDS_ALL]


def _add(found: dict[str, Finding], finding: Finding) -> None:
    before = found.get(finding.line, Finding(finding.line, 0))
    examples = (*before.examples, *finding.examples)[:_EXAMPLES_MAX]
    found[finding.line] = Finding(finding.line, before.broken + finding.broken, examples)


async def _limits(connection: asyncpg.Connection) -> dict[tuple[str, str], int]:
    return {
        (programme, counter): limit
        for programme, rulebooks in (await list_rulebooks(connection)).items()
        for counter, limit in highest_limits(rulebooks).items()
    }


async def _check_order(moves: AsyncIterator[tuple[Purse, Move]]) -> Finding:
    broken = 0
    examples: list[str] = []
    current: Purse | None = None
    buckets = Buckets()
    async for purse, move in moves:
        if purse != current:
            current, buckets = purse, Buckets()
        if not buckets.take_in(move):
            broken += 1
            if len(examples) < _EXAMPLES_MAX:
                examples.append(f"{purse.programme} {move.transaction} {purse.owner} {move.expires_on}")
    return Finding("I11", broken, tuple(examples))
