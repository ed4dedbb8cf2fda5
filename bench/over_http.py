"""W over HTTP: alone and in lists, in one programme and in many, at full load and at a bearable one; what it leaves."""

from statistics import median

from bench.footprint import Footprint, growth
from bench.load import Measured
from bench.results import Figure, Rounds
from bench.stand import Served, Stand
from bench.workload import COUNTY, VILLAGES

CALLERS = 64
LIST_CALLERS = 16
BEARABLE = 0.7  # of the capacity just measured
OPEN_CALLERS = 512  # enough that a call hardly ever waits for a free connection


async def singles(stand: Stand) -> list[Figure]:
    """One command a request: capacity in a closed loop, latency in both, memory, and what a transaction leaves."""
    async with stand.served(COUNTY) as served:
        before = await Footprint.read(served.admin)
        rounds = await stand.beside("http_single_c64", lambda: _closed(stand, served, "single", CALLERS))
        wal, left = served.wal_bytes, growth(before, await Footprint.read(served.admin))
        rate = BEARABLE * median(rounds.values)
        paced = await stand.beside("http_single_open", lambda: _paced(stand, served, rate), has_reference=False)
    return [
        stand.figure("http_single_c64", rounds, callers=CALLERS),
        stand.figure("http_single_p99", Rounds(rounds.p99s), "ms", loop="closed", callers=CALLERS),
        stand.figure("http_single_open", paced, loop="open", of_capacity=BEARABLE),
        stand.figure("table_bytes", Rounds([left.table_bytes]), "B", **left.tables),
        stand.figure("index_bytes", Rounds([left.index_bytes]), "B", **left.indexes),
        stand.figure("wal_bytes", Rounds([wal / left.transactions]), "B", transactions=left.transactions),
        stand.figure("rss_mb", Rounds([round(served.memory_mb, 1)]), "MB", callers=CALLERS),
    ]


async def many_programmes(stand: Stand) -> list[Figure]:
    """The same work spread over the 204 villages of a county."""
    async with stand.served(VILLAGES) as served:
        rounds = await stand.beside("http_single_204", lambda: _closed(stand, served, "single", CALLERS))
    return [stand.figure("http_single_204", rounds, callers=CALLERS, programmes=VILLAGES.programmes)]


async def lists(stand: Stand) -> list[Figure]:
    """A hundred commands a request."""
    async with stand.served(COUNTY) as served:
        rounds = await stand.beside("http_batch100", lambda: _closed(stand, served, "batch", LIST_CALLERS))
    return [stand.figure("http_batch100", rounds, callers=LIST_CALLERS)]


async def balances(stand: Stand) -> list[Figure]:
    """What a household owns."""
    async with stand.served(COUNTY) as served:
        rounds = await stand.beside("http_balance_c64", lambda: _closed(stand, served, "balance", CALLERS))
    return [stand.figure("http_balance_c64", rounds, callers=CALLERS)]


async def sealed_singles(stand: Stand) -> list[Figure]:
    """The same with the sealer at work in the service, which the other figures leave out."""
    async with stand.served(COUNTY, is_sealed=True) as served:
        rounds = await stand.beside("http_single_sealed", lambda: _closed(stand, served, "single", CALLERS))
    return [stand.figure("http_single_sealed", rounds, callers=CALLERS, sealing="on")]


async def _closed(stand: Stand, served: Served, mode: str, callers: int) -> Measured:
    return await served.load(mode, callers, stand.pace.load_seconds)


async def _paced(stand: Stand, served: Served, rate: float) -> Measured:
    return await served.load("single", OPEN_CALLERS, stand.pace.load_seconds, rate=rate)
