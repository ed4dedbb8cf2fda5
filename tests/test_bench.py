"""The harness' own arithmetic, where a mistake would flatter: ratios, misses, percentiles, what is left unsent."""

import asyncio
import os
from collections import deque
from pathlib import Path

import pytest

from bench.figures import BOUNDS, MEASUREMENTS
from bench.footprint import Footprint, growth
from bench.full import read_arguments
from bench.load import Load, Tally, drive, part_of
from bench.results import Bound, Figure, Rounds, figure, mark, misses, table
from bench.stand import memory_mb
from bench.ten_million import fill
from bench.workload import COUNTY, Size, work
from ledger.actions.check import check_ledger
from ledger.db.embedded import EmbeddedDatabase
from ledger.db.service_role import connect

MUST_HAVE = {
    "http_single_c64", "http_single_p99", "http_single_204", "http_batch100", "inprocess_c256", "http_balance_c64",
    "inspection_58k", "inspection_counter_p99", "check_10m", "rss_mb", "growth_10m", "overload", "start",
}  # fmt: skip


def measured(values: list[float], refs: list[float]) -> Rounds:
    rounds = Rounds()
    for value, ref in zip(values, refs, strict=True):
        rounds.add(value, ref=ref, p50=1.0, p99=2.0)
    return rounds


def test_a_ratio_is_of_each_round_by_itself() -> None:
    """The machine was slow in the second round, and its reference with it."""
    assert figure("f", measured([3000.0, 300.0, 2900.0], [1000.0, 100.0, 1000.0])).ratio == 3.0
    assert figure("f", Rounds([1.0])).ratio is None


def test_seconds_have_a_reference_beside_them_and_no_ratio() -> None:
    seconds = figure("f", measured([5.0], [1000.0]), "s")
    assert (seconds.ref, seconds.ratio) == (1000.0, None)


@pytest.mark.parametrize(
    ("bound", "value", "said", "is_missed"),
    [
        (Bound(1.0, 2.0, "value"), 2.0, "goal", False),
        (Bound(1.0, 2.0, "value"), 1.0, "must, below goal", False),
        (Bound(1.0, 2.0, "value"), 0.81, "MISSES MUST", False),
        (Bound(1.0, 2.0, "value"), 0.79, "MISSES MUST", True),
        (Bound(40.0, 15.0, "value", is_most=True), 15.0, "goal", False),
        (Bound(40.0, 15.0, "value", is_most=True), 47.9, "MISSES MUST", False),
        (Bound(40.0, 15.0, "value", is_most=True), 48.1, "MISSES MUST", True),
        (None, 0.0, "", False),
    ],
)
def test_a_must_is_marked_at_once_and_missed_beyond_the_noise(
    bound: Bound | None, value: float, said: str, is_missed: bool
) -> None:
    one = figure("f", Rounds([value]), "ms")
    assert mark(one, bound) == said
    assert misses([one], {"f": bound}) == (["f"] if is_missed else [])


def test_each_figure_stands_in_the_table_with_its_limits() -> None:
    one = figure("http_batch100", measured([7000.0], [3500.0]))
    row = table([one], BOUNDS).splitlines()[-1]
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        "http_batch100", "7,000", "1/s", "3,500", "×2.00", "≥ ×1.8", "≥ ×4", "1", "2", "must, below goal",
    ]  # fmt: skip


def test_the_list_holds_every_figure_that_is_promised() -> None:
    assert {name for name, bound in BOUNDS.items() if bound is not None} >= MUST_HAVE
    assert all(hasattr(one, bound.field) for bound in BOUNDS.values() if bound for one in [figure("f", Rounds([1.0]))])


def test_a_part_of_the_list_is_asked_for_by_name() -> None:
    assert read_arguments([]).measurements == MEASUREMENTS
    assert [set(one.bounds) for one in read_arguments(["check_10m"]).measurements] == [{"check_10m"}]
    assert {name for one in read_arguments(["--quick"]).measurements for name in one.bounds} >= {
        "http_single_c64", "http_batch100", "http_balance_c64",
    }  # fmt: skip


def test_the_p99_is_one_of_the_slowest() -> None:
    assert part_of([0.001 * number for number in range(1, 101)], 0.99) == pytest.approx(100.0)
    assert part_of([], 0.99) == 0.0


def load(**more: object) -> Load:
    told = {"mode": "balance", "size": COUNTY.name, "host": "127.0.0.1", "port": 0, "token": "t", "connections": 1}
    return Load(**{**told, "seconds": 0.5, "seed": 1, **more})  # type: ignore[arg-type]


async def slow_answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A service that hangs once, for 0.3 s, and is quick otherwise."""
    asked = 0
    while await reader.readuntil(b"\r\n\r\n"):
        asked += 1
        await asyncio.sleep(0.3 if asked == 5 else 0.0)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")


async def test_an_open_loop_counts_the_waiting_of_calls_that_were_due_meanwhile() -> None:
    """No coordinated omission: of 100 calls, the thirty or so that were due while it hung were all late."""
    async with await asyncio.start_server(slow_answers, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        run = await asyncio.to_thread(drive, load(port=port, rate=200.0))
    assert run.done + run.unsent >= 90
    assert run.p99 > 200
    assert run.sent_p99 >= 290, "one call hung by itself"
    async with await asyncio.start_server(slow_answers, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        closed = await asyncio.to_thread(drive, load(port=port, seconds=0.4))
    assert closed.p50 < 50, "a closed loop hardly notices"


async def test_what_was_never_sent_is_counted_as_waiting_until_the_end() -> None:
    tally = Tally(load(rate=10.0))
    tally.ends_at = 10.0
    tally.leave_unsent(deque([4.0, 9.0]))
    assert (tally.unsent, tally.latencies) == (2, [6.0, 1.0])


async def test_shedding_is_told_apart_from_work_and_from_failure() -> None:
    tally = Tally(load(rate=10.0))
    for status in (200, 201, 422, 503, 500):
        tally.count(status, b"x", 1, since_due=1.0, since_sent=0.5)
    assert (tally.done, tally.shed, tally.failed, tally.first_failure) == (3, 1, 1, "500 b'x'")
    assert (tally.latencies, tally.shed_latencies) == ([1.0] * 3, [0.5])


def test_no_two_runs_share_a_key() -> None:
    keys = [next(requests).key for requests in (work(COUNTY, 1), work(COUNTY, 2)) for _ in range(500)]
    assert len(set(keys)) == 1_000


def test_what_is_left_on_disk_is_told_a_transaction() -> None:
    before = Footprint({"entry": 1_000, "balance": 500}, {"entry_once": 100}, 10)
    after = Footprint({"entry": 3_000, "balance": 500}, {"entry_once": 400}, 20)
    left = growth(before, after)
    assert (left.tables, left.indexes, left.table_bytes) == (
        {"entry": 200.0, "balance": 0.0},
        {"entry_once": 30.0},
        200.0,
    )


async def test_a_large_set_has_the_lines_asked_for_and_keeps_every_promise(
    server: EmbeddedDatabase, tmp_path: Path
) -> None:
    name, lines, village = "large_set", 3_000, Size(COUNTY.name, 1, 40, 3)
    admin = await connect(server.admin_url)
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        await fill(server.url(database=name), tmp_path / "password", lines, size=village)
        owner = await connect(server.url(database=name))
        findings = await check_ledger(owner)
        counted = await owner.fetchrow(
            "SELECT count(*) FILTER (WHERE j.kind = 'award') AS awards, count(*) AS lines, sum(j.entry_count) AS legs,"
            " count(DISTINCT j.id) AS ids, (SELECT count(*) FROM ledger.receipt) AS receipts, count(*) FILTER"
            " (WHERE j.about ->> 'outlet' IS NOT NULL) AS sales, (SELECT max(cardinality(b.bucket_days))"
            " FROM ledger.balance AS b) AS buckets, bool_and(j.id ~ '^txn_[0-9a-hjkmnp-tv-z]{18}$') AS are_ids"
            " FROM ledger.journal AS j WHERE j.kind IN ('award', 'redeem')"
        )
        indexes = await owner.fetchval(
            "SELECT count(*) FROM pg_constraint WHERE connamespace = 'ledger'::regnamespace AND contype = 'p'"
            " AND conrelid::regclass::text"
            " ~ '^(ledger[.])?(journal|entry|idempotency_key|outbox|receipt|counter|balance)$'"
        )
        await owner.close()
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()
    assert [finding for finding in findings if finding.broken] == []
    assert (counted["lines"], counted["ids"], counted["are_ids"], indexes) == (lines, lines, True, 7)
    assert (counted["receipts"], 0.57 < counted["awards"] / lines < 0.63) == (counted["sales"], True)
    assert 2.5 < counted["legs"] / lines < 3.0
    assert counted["buckets"] > 1


def test_memory_is_of_one_process() -> None:
    own = memory_mb(os.getpid())
    assert own == 0.0 or 10 < own < 4_000


def test_a_line_tells_commit_date_and_settings() -> None:
    one = figure("f", Rounds([1.0]), settings={"cores": 2})
    assert isinstance(one, Figure)
    assert one.commit
    assert one.date.startswith("20")
    assert one.settings == {"cores": 2, "rounds": 1, "each": "1"}
