"""Many clients at once on few accounts, each keeping a record of what it was told and when."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import asyncpg
import msgspec

from ledger.core.command import Capture, Command, Hold, Line, Open, Request, Reverse, Transfer, Void
from ledger.core.transaction import Outcome, Receipt
from ledger.db.accounts import Holdings
from ledger.db.service_role import connect
from ledger.hall.balance_reader import BalanceReader
from ledger.lanes import Lanes
from ledger.posting import post
from tests.history import Call, Leg
from tests.village import DAY, HOUSEHOLDS, Village, gift, haircut, receive, redeem, sweep

PURSES = (("main", "points"), ("held", "points"), ("debt", "points"))
READERS = 2
DIRECT = 2
LATE = DAY + timedelta(days=4_000)


class Told(msgspec.Struct):
    """What came of a crowd: calls for the checker, outcomes by key for whoever counts."""

    calls: list[Call]
    outcomes: dict[str, Outcome]
    replays: int = 0


class Crowd:
    """Clients of the lanes, clients with connections of their own, and readers."""

    def __init__(self, village: Village, lanes: Lanes, reader: BalanceReader, seed: int) -> None:
        self.village = village
        self.lanes = lanes
        self.reader = reader
        self.random = random.Random(seed)
        self.told = Told([], {})
        self.to_reverse: list[str] = []
        self.holds: list[str] = []
        self.left = 0

    async def run(self, operations: int, *, clients: int, direct: Sequence[asyncpg.Connection]) -> None:
        """Until so many have been posted, read or replayed: a refusal has no place in the order of versions."""
        self.left = operations
        async with asyncio.TaskGroup() as tasks:
            for number in range(clients):
                tasks.create_task(self._use_lanes(number))
            for number, connection in enumerate(direct):
                tasks.create_task(self._post_directly(number, connection))

    async def _use_lanes(self, client: int) -> None:
        asked: list[Request] = []
        while self.left > 0:
            dice = self.random.random()
            if dice < 0.35:
                await self._read()
            elif dice < 0.40 and asked:
                await self._ask_again(self.random.choice(asked))
            else:
                asked.append(Request(self.village.slug, f"client:{client}", f"k{len(asked)}", self._command()))
                await self._ask(asked[-1])

    async def _ask(self, request: Request) -> None:
        began = time.perf_counter()
        outcome = await self.lanes.post(request)
        self._note(began, [request], [outcome])

    async def _ask_again(self, request: Request) -> None:
        """The answer must be the first one, word for word."""
        again = await self.lanes.post(request)
        before = self.told.outcomes[f"{request.principal}/{request.key}"]
        assert again.is_replayed
        assert (again.receipt, again.refusal) == (before.receipt, before.refusal)
        self.told.replays += 1
        self.left -= 1

    async def _read(self) -> None:
        owner = self.random.choice(HOUSEHOLDS)
        began = time.perf_counter()
        holdings = await self.reader.read(self.village.slug, owner)
        self.told.calls.append(Call(began, time.perf_counter(), seen=_seen(owner, holdings)))
        self.left -= 1

    async def _post_directly(self, client: int, connection: asyncpg.Connection) -> None:
        number = 0
        while self.left > 0:
            commands = [self._command() for _ in range(self.random.randint(1, 4))]
            number += 1
            requests = [
                Request(self.village.slug, f"direct:{client}", f"k{number}.{place}", command)
                for place, command in enumerate(commands)
            ]
            began = time.perf_counter()
            async with connection.transaction():
                outcomes = await post(connection, requests, self.village.shelf)
            self._note(began, requests, outcomes)

    def _note(self, began: float, requests: Sequence[Request], outcomes: Sequence[Outcome]) -> None:
        ended = time.perf_counter()
        legs: list[Leg] = []
        for request, outcome in zip(requests, outcomes, strict=True):
            self.told.outcomes[f"{request.principal}/{request.key}"] = outcome
            if outcome.receipt is not None:
                self.left -= 1
                legs += _legs(outcome.receipt)
                self._remember(outcome.receipt)
        if legs:
            self.told.calls.append(Call(began, ended, legs=tuple(legs)))

    def _remember(self, receipt: Receipt) -> None:
        if receipt.kind == "hold":
            self.holds.append(receipt.transaction)
        elif receipt.kind in {"award", "redeem", "transfer"} and self.random.random() < 0.2:
            self.to_reverse.append(receipt.transaction)

    def _command(self) -> Command:
        dice, choose = self.random.random(), self.random.choice
        owner = choose(HOUSEHOLDS)
        if dice < 0.25:
            return choose((gift, sweep))(owner)
        if dice < 0.50:
            return redeem(owner, self.random.randint(1, 2), item=choose(("tissue", "soap")))
        if dice < 0.60:
            return haircut(owner)
        if dice < 0.72:
            return Transfer(owner, choose(HOUSEHOLDS), self.random.randint(1, 60), "neighbours")
        if dice < 0.78:
            return receive(self.random.randint(1, 9), item=choose(("tissue", "soap")))
        if dice < 0.88:
            return Hold(owner, (Line("soap", self.random.randint(1, 3)),), outlet="out_shop", until=LATE)
        if dice < 0.95 and self.holds:
            return choose((Capture, Void))(self.holds.pop(self.random.randrange(len(self.holds))))
        if self.to_reverse:
            return Reverse(self.to_reverse.pop(self.random.randrange(len(self.to_reverse))))
        return gift(owner)


def _legs(receipt: Receipt) -> list[Leg]:
    return [
        Leg(f"{entry.owner}/{entry.purse}/{entry.unit}", entry.account_version, entry.amount, entry.balance_after)
        for entry in receipt.entries
    ]


def _seen(owner: str, holdings: Holdings) -> tuple[tuple[str, int, int], ...]:
    """A purse that is not there has had no version yet."""
    there = {(row.purse, row.unit): (row.account_version, row.total) for row in holdings.balances or ()}
    return tuple((f"{owner}/{purse}/{unit}", *there.get((purse, unit), (0, 0))) for purse, unit in PURSES)


@asynccontextmanager
async def open_reader(url: str) -> AsyncIterator[BalanceReader]:
    """The balance reader of the service over connections of its own."""
    free: asyncio.Queue[asyncpg.Connection] = asyncio.Queue()
    for _ in range(READERS):
        free.put_nowait(await connect(url))

    @asynccontextmanager
    async def one() -> AsyncIterator[asyncpg.Connection]:
        connection = await free.get()
        try:
            yield connection
        finally:
            free.put_nowait(connection)

    yield BalanceReader(one)
    while not free.empty():
        await free.get_nowait().close()


async def gather_crowd(village: Village, operations: int, *, clients: int, seed: int) -> Told:
    """Operations of clients through the lanes, and of a few with connections of their own."""
    lanes = Lanes(village.database.url, village.shelf)
    await lanes.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(lanes.stop)
        reader = await stack.enter_async_context(open_reader(village.database.url))
        direct = [await connect(village.database.url) for _ in range(DIRECT)]
        for connection in direct:
            stack.push_async_callback(connection.close)
        crowd = Crowd(village, lanes, reader, seed)
        beginnings: list[Command] = [Open(owner, 500) for owner in HOUSEHOLDS]
        beginnings += [receive(500, item=item) for item in ("tissue", "soap")]
        for number, command in enumerate(beginnings):
            await crowd._ask(Request(village.slug, "system:test", f"begin{number}", command))
        await crowd.run(operations, clients=clients, direct=direct)
        return crowd.told
