"""The service as a process with its own PostgreSQL, both of which are killed while many callers insist."""

import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import msgspec

from tests.stubborn import Answer, Caller, Sending

ROOT = Path(__file__).parent.parent
BASE = "/v1/programmes/fuxi"
CALLERS = 20
READY_SECONDS_MAX = 90.0


class Mortal:
    """Started again at the same address with the same data, however it ended."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as asked:
            asked.bind(("127.0.0.1", 0))
            self.port = int(asked.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {**os.environ, "LEDGER_DATA": str(self.data), "LEDGER_PORT": str(self.port)}
        environ.pop("DATABASE_URL", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledger.main", "serve"],
            cwd=ROOT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_service(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=30)

    def kill_database(self) -> None:
        """The head of all its processes; the others notice and follow."""
        for file in self.data.rglob("postmaster.pid"):
            with contextlib.suppress(ProcessLookupError, ValueError, OSError):
                os.kill(int(file.read_text().split("\n")[0]), signal.SIGKILL)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.kill_service()

    def token(self, role: str) -> str:
        kept = json.loads((self.data / "ready-keys.json").read_text())
        return str(next(key["token"] for key in kept["keys"] if key["role"] == role))

    async def is_ready(self) -> bool:
        answer = await Caller(self.port, "").send(Sending("/health/ready", "", {}), seconds=2)
        return answer is not None and answer.status == 200

    async def wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not await self.is_ready():
            assert time.monotonic() < deadline, "it never came back"
            await asyncio.sleep(0.05)


class Acknowledged(msgspec.Struct):
    """What callers were told, by key."""

    sendings: dict[str, Sending]
    answers: dict[str, Answer]
    deaths: Counter[str]


class Battle:
    """Callers who insist, and somebody who kills."""

    def __init__(self, mortal: Mortal, seed: int) -> None:
        self.mortal = mortal
        self.dice = random.Random(seed)
        self.told = Acknowledged({}, {}, Counter())
        self.households: list[str] = []
        self.is_over = False

    async def open_households(self, number: int) -> None:
        caller = Caller(self.mortal.port, self.mortal.token("admin"))
        for place in range(number):
            answer = await caller.insist(Sending(f"{BASE}/households", f"open-{place}", {"reference": f"H-{place}"}))
            assert answer.status == 201, answer
            self.households.append(json.loads(answer.body)["id"])

    async def fight(self, *, service: int, database: int) -> None:
        async with asyncio.TaskGroup() as tasks:
            callers = [tasks.create_task(self._call(number)) for number in range(CALLERS)]
            await self._kill(service, database)
            self.is_over = True
            await asyncio.gather(*callers)

    async def _kill(self, service: int, database: int) -> None:
        """In turns, each after a moment of ordinary work."""
        left = {"service": service, "database": database}
        while any(left.values()):
            for victim in [name for name, number in left.items() if number]:
                await self._wait_for_answers(60)
                await asyncio.sleep(self.dice.uniform(0, 0.1))
                left[victim] -= 1
                self.told.deaths[victim] += 1
                if victim == "database":
                    self.mortal.kill_database()
                else:
                    self.mortal.kill_service()
                    self.mortal.start()
                await self.mortal.wait_until_ready()

    async def _wait_for_answers(self, number: int) -> None:
        wanted = len(self.told.answers) + number
        while len(self.told.answers) < wanted:  # noqa: ASYNC110 - told from a dozen places, looked at from one
            await asyncio.sleep(0.01)

    async def _call(self, number: int) -> None:
        caller = Caller(self.mortal.port, self.mortal.token("admin"))
        for place in range(1_000_000):
            if self.is_over:
                return
            owner, other = self.dice.sample(self.households, 2)
            if self.dice.random() < 0.5:
                body = {"owner": owner, "amount": self.dice.randint(1, 100)}
                sending = Sending(f"{BASE}/openings", f"{number}-{place}", body)
            else:
                body = {"owner": owner, "to": other, "amount": self.dice.randint(1, 50), "note": "neighbours"}
                sending = Sending(f"{BASE}/transfers", f"{number}-{place}", body)
            self.told.sendings[sending.key] = sending
            answer = await caller.insist(sending)
            assert answer.status in (201, 422), answer
            self.told.answers[sending.key] = answer

    async def find_losses(self) -> list[tuple[Answer, Answer]]:
        """Every acknowledged call is asked for again: it must be a replay of the very same transaction."""
        caller = Caller(self.mortal.port, self.mortal.token("admin"))
        waiting = list(self.told.answers.items())
        lost = []

        async def look_up() -> None:
            while waiting:
                key, before = waiting.pop()
                again = await caller.insist(self.told.sendings[key])
                same = (again.status, again.transaction) == (before.status, before.transaction)
                if not (again.is_replayed and same):
                    lost.append((before, again))

        await asyncio.gather(*(look_up() for _ in range(CALLERS)))
        return lost

    async def count_doubles(self) -> int:
        """How far the balances are from the sum of all receipts, each counted once."""
        expected: Counter[str] = Counter()
        for answer in self.told.answers.values():
            for entry in json.loads(answer.body).get("entries", ()) if answer.status == 201 else ():
                expected[entry["owner"]] += entry["amount"]
        caller = Caller(self.mortal.port, self.mortal.token("admin"))
        off = 0
        for household in self.households:
            balances = (await caller.get(f"{BASE}/accounts/{household}/balances"))["balances"]
            off += abs(sum(balance["amount"] for balance in balances) - expected[household])
        return off
